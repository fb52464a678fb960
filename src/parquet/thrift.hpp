#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Thrift's compact protocol, as far as Parquet's metadata needs it. Private to src/parquet.
namespace troodon::parquet {

/// Writes one struct; fields in ascending order of their ids.
class ThriftWriter {
 public:
  enum class Type : uint8_t { i32 = 5, i64 = 6, binary = 8, list = 9, structure = 12 };

  ThriftWriter& i32(int id, int32_t value);
  ThriftWriter& i64(int id, int64_t value);
  ThriftWriter& text(int id, std::string_view value);
  /// A field that is a struct.
  ThriftWriter& structure(int id, const ThriftWriter& value);
  /// A field that is a list of structs.
  ThriftWriter& structures(int id, std::span<const ThriftWriter> values);
  ThriftWriter& numbers(int id, std::span<const int32_t> values);
  ThriftWriter& texts(int id, std::span<const std::string> values);

  /// The finished struct.
  std::string bytes() const { return bytes_ + '\0'; }

 private:
  void field(int id, Type type);
  void list(int id, Type type, size_t size);
  void varint(uint64_t value);
  void zigzag(int64_t value);

  std::string bytes_;
  int last_ = 0;
};

/// Any value that was read: a number, a text, a list, or a struct.
struct ThriftValue {
  int64_t number = 0;
  std::string text;
  std::vector<ThriftValue> list;
  std::map<int, ThriftValue> fields;

  bool has(int id) const { return fields.contains(id); }
  /// Throws Error when the field is missing.
  const ThriftValue& at(int id) const;
};

/// Reads one struct from the front of `bytes`; `used` becomes its length. Throws Error where the
/// bytes end early or make no sense.
ThriftValue read_thrift(std::span<const std::byte> bytes, size_t* used = nullptr);

}  // namespace troodon::parquet
