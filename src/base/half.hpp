#pragma once

#include <cstdint>

namespace troodon {

/// The nearest IEEE half, ties to even; beyond 65520 infinity.
uint16_t to_half(float value);
/// Exact.
float from_half(uint16_t bits);

}  // namespace troodon
