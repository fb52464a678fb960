#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace troodon {

/// XXH64: 64 bits that tell contents apart; not against an adversary. Source: the xxHash fast
/// digest algorithm, specification 0.1.1.
uint64_t xxh64(std::span<const std::byte> bytes, uint64_t seed = 0);

}  // namespace troodon
