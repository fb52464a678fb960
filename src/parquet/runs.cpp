#include "parquet/runs.hpp"

namespace troodon::parquet {
namespace {

uint64_t take_zigzag(Bytes& bytes) {
  const uint64_t n = take_varint(bytes);
  return n >> 1 ^ (0 - (n & 1));
}

}  // namespace

std::vector<int64_t> take_deltas(Bytes& bytes, uint64_t most) {
  constexpr uint64_t kLargestBlock = 1 << 20;
  const uint64_t block = take_varint(bytes), minis = take_varint(bytes);
  const uint64_t count = take_varint(bytes);
  uint64_t value = take_zigzag(bytes);  // unsigned: sums wrap round
  if (block == 0 || block > kLargestBlock || minis == 0 || block % minis != 0 ||
      block / minis % 8 != 0 || count > most)
    fail("a page of differences is damaged");
  const uint64_t per_mini = block / minis;
  std::vector<int64_t> out;
  if (count > 0) out.push_back(static_cast<int64_t>(value));
  while (out.size() < count) {
    const uint64_t least = take_zigzag(bytes);
    const Bytes widths = take_bytes(bytes, minis);
    for (size_t m = 0; m < minis && out.size() < count; ++m) {
      const auto width = static_cast<int>(widths[m]);
      if (width > 64) fail("a page of differences is damaged");
      const Bytes fields = take_bytes(bytes, per_mini * static_cast<uint64_t>(width) / 8);
      for (uint64_t i = 0; i < per_mini && out.size() < count; ++i) {
        value += least + bits_at(fields, i * static_cast<uint64_t>(width), width);
        out.push_back(static_cast<int64_t>(value));
      }
    }
  }
  return out;
}

}  // namespace troodon::parquet
