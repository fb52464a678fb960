#include <cstring>

#include "base/error.hpp"
#include "parquet/runs.hpp"
#include "parquet/unpack.hpp"

namespace troodon::parquet {
namespace {

/// The most that snappy makes of a byte: a copy of 64 takes three.
constexpr uint64_t kMostGrowth = 32;

uint64_t take_little(Bytes& in, uint64_t bytes) {
  uint64_t out = 0;
  std::memcpy(&out, take_bytes(in, bytes).data(), bytes);
  return out;
}

void copy_back(std::vector<std::byte>& out, uint64_t offset, uint64_t length) {
  if (offset == 0 || offset > out.size()) fail("snappy: a copy from before the beginning");
  // Byte by byte: a copy may overlap what it makes, which repeats it.
  for (size_t from = out.size() - offset; length > 0; --length) out.push_back(out[from++]);
}

}  // namespace

std::vector<std::byte> unpack_snappy(Bytes in, uint64_t size) {
  if (take_varint(in) != size || size / kMostGrowth > in.size())
    fail("snappy: its length is not what the page says");
  std::vector<std::byte> out;
  out.reserve(size);
  while (!in.empty()) {
    const auto tag = take<uint8_t>(in);
    uint64_t length = (tag >> 2) + 1U, offset = 0;
    switch (tag & 3) {
      case 0:
        if (length > 60) length = take_little(in, length - 60) + 1;
        break;
      case 1:
        length = (tag >> 2 & 7) + 4U;
        offset = static_cast<uint64_t>(tag >> 5) << 8 | take<uint8_t>(in);
        break;
      default:
        offset = take_little(in, (tag & 3) == 2 ? 2 : 4);
    }
    if (length > size - out.size()) fail("snappy: more comes out than the page says");
    if ((tag & 3) == 0) {
      const Bytes literal = take_bytes(in, length);
      out.insert(out.end(), literal.begin(), literal.end());
    } else {
      copy_back(out, offset, length);
    }
  }
  if (out.size() != size) fail("snappy: it is cut short");
  return out;
}

}  // namespace troodon::parquet
