#pragma once

#include <cstdint>
#include <span>

namespace troodon {

/// The nearest IEEE half, ties to even; beyond 65520 infinity.
uint16_t to_half(float value);
/// Exact.
float from_half(uint16_t bits);
/// The same for many: out [halves.size()]. Uses the CPU's own conversion where it has one.
void from_halves(std::span<const uint16_t> halves, float* out);

}  // namespace troodon
