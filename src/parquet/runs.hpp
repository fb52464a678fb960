#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/error.hpp"

// How Parquet packs small integers: runs and bit fields (levels, indices, booleans), and
// differences. Private to src/parquet.
namespace troodon::parquet {

using Bytes = std::span<const std::byte>;

/// Takes `size` bytes off the front. Throws Error where there are fewer.
inline Bytes take_bytes(Bytes& bytes, uint64_t size) {
  if (size > bytes.size()) fail("a page is cut short");
  const Bytes out = bytes.first(size);
  bytes = bytes.subspan(size);
  return out;
}

/// Takes a little-endian number off the front.
template <class T>
T take(Bytes& bytes) {
  T value;
  std::memcpy(&value, take_bytes(bytes, sizeof(T)).data(), sizeof(T));
  return value;
}

/// A number of seven bits per byte.
inline uint64_t take_varint(Bytes& bytes) {
  uint64_t out = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto part = take<uint8_t>(bytes);
    out |= static_cast<uint64_t>(part & 127) << shift;
    if (part < 128) return out;
  }
  fail("a page holds a number that is too long");
}

/// The number of `width` (0 to 64) bits from bit `at` on; they must be there.
inline uint64_t bits_at(Bytes bytes, uint64_t at, int width) {
  uint64_t out = 0;
  for (int got = 0; got < width;) {
    const int skip = static_cast<int>(at % 8), more = std::min(8 - skip, width - got);
    const uint64_t part = static_cast<uint64_t>(bytes[at / 8]) >> skip & ((1U << more) - 1);
    out |= part << got;
    got += more;
    at += static_cast<uint64_t>(more);
  }
  return out;
}

/// Calls run(count, value) for `values` values of `width` (0 to 32) bits: the hybrid of runs and
/// bit fields. Takes what it reads off the front.
template <class Run>
void each_run(Bytes& bytes, int width, uint64_t values, const Run& run) {
  const auto bits = static_cast<uint64_t>(width);
  while (values > 0) {
    const uint64_t head = take_varint(bytes), length = head >> 1;
    if (length == 0) fail("a page holds an empty run");
    if ((head & 1) == 0) {
      uint64_t value = 0;
      const Bytes stored = take_bytes(bytes, (bits + 7) / 8);
      if (!stored.empty()) std::memcpy(&value, stored.data(), stored.size());
      const uint64_t count = std::min(length, values);
      run(count, value);
      values -= count;
      continue;
    }
    const uint64_t count = length > values / 8 ? values : length * 8;  // eight to a field
    if (bits * count > bytes.size() * 8) fail("a page is cut short");
    for (uint64_t i = 0; i < count; ++i) run(uint64_t{1}, bits_at(bytes, i * bits, width));
    // The last field may be cut short: what is missing of it are values that are not there.
    take_bytes(bytes,
               std::min<uint64_t>(std::min<uint64_t>(length, bytes.size()) * bits, bytes.size()));
    values -= count;
  }
}

/// DELTA_BINARY_PACKED integers, at most `most`; takes them off the front.
std::vector<int64_t> take_deltas(Bytes& bytes, uint64_t most);

}  // namespace troodon::parquet
