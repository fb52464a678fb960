#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// Compressed pages. Private to src/parquet.
namespace troodon::parquet {

/// Unpacks a page of Codec `codec` into exactly `size` bytes; memory follows what really comes out,
/// not what the page claims. Throws Error: damaged, too large, or a codec that is not read.
std::vector<std::byte> unpack(std::span<const std::byte> packed, int codec, uint64_t size);

/// Snappy's raw format (no framing), of exactly `size` bytes. Source: format_description.txt of
/// Snappy.
std::vector<std::byte> unpack_snappy(std::span<const std::byte> packed, uint64_t size);

}  // namespace troodon::parquet
