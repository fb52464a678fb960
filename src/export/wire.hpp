#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace troodon::onnx {

/// Protobuf's wire format, the five kinds of field that ONNX needs: a message is the bytes of its
/// fields, each with its number in front. Source: protobuf.dev, "Encoding".
struct Message {
  std::string bytes;

  /// Seven bits a byte, low ones first.
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(0x80 | (value & 0x7F)));
    bytes.push_back(static_cast<char>(value));
  }
  void integer(int field, int64_t value) {
    varint(static_cast<uint64_t>(field) << 3);
    varint(static_cast<uint64_t>(value));
  }
  void real(int field, float value) {
    varint(static_cast<uint64_t>(field) << 3 | 5);
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(bits >> shift));
  }
  /// The number and length of a field of `size` bytes that the caller puts behind it.
  void head(int field, uint64_t size) {
    varint(static_cast<uint64_t>(field) << 3 | 2);
    varint(size);
  }
  void text(int field, std::string_view value) {
    head(field, value.size());
    bytes += value;
  }
  void message(int field, const Message& value) { text(field, value.bytes); }
};

}  // namespace troodon::onnx
