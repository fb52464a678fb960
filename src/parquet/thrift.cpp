#include "parquet/thrift.hpp"

#include "base/error.hpp"

namespace troodon::parquet {
namespace {

/// Deeper than Parquet's metadata ever is; ends recursion on garbage.
constexpr int kDeepest = 16;

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  size_t used() const { return at_; }

  ThriftValue structure(int depth) {
    ThriftValue out;
    for (int id = 0;;) {
      const uint8_t head = byte();
      if (head == 0) return out;
      const int step = head >> 4;
      id = step != 0 ? id + step : static_cast<int>(zigzag());
      out.fields[id] = value(head & 15, depth);
    }
  }

 private:
  ThriftValue value(int type, int depth) {
    if (depth > kDeepest) fail("Parquet metadata is nested too deeply");
    ThriftValue out;
    if (type == 1 || type == 2) {
      out.number = type == 1 ? 1 : 0;
    } else if (type == 3) {
      out.number = static_cast<int8_t>(byte());
    } else if (type >= 4 && type <= 6) {
      out.number = zigzag();
    } else if (type == 7) {
      skip(8);
    } else if (type == 8) {
      out.text = text();
    } else if (type == 9 || type == 10) {
      read_list(out, depth);
    } else if (type == 12) {
      return structure(depth + 1);
    } else {
      fail("Parquet metadata holds a value of unknown type {}", type);
    }
    return out;
  }

  void read_list(ThriftValue& out, int depth) {
    const uint8_t head = byte();
    const uint64_t size = head >> 4 == 15 ? varint() : head >> 4;
    if (size > bytes_.size()) fail("Parquet metadata is cut short");
    const int type = head & 15;
    for (uint64_t i = 0; i < size; ++i) {
      // Inside a list a boolean is a byte of its own.
      out.list.push_back(type <= 2 ? ThriftValue{.number = byte() == 1} : value(type, depth + 1));
    }
  }

  uint8_t byte() {
    if (at_ >= bytes_.size()) fail("Parquet metadata is cut short");
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  void skip(uint64_t n) {
    if (n > bytes_.size() - at_) fail("Parquet metadata is cut short");
    at_ += n;
  }
  uint64_t varint() {
    uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t part = byte();
      out |= static_cast<uint64_t>(part & 127) << shift;
      if (part < 128) return out;
    }
    fail("Parquet metadata holds a number that is too long");
  }
  int64_t zigzag() {
    const uint64_t n = varint();
    return static_cast<int64_t>(n >> 1 ^ (0 - (n & 1)));
  }
  std::string text() {
    const uint64_t size = varint();
    const size_t from = at_;
    skip(size);
    return {reinterpret_cast<const char*>(bytes_.data()) + from, static_cast<size_t>(size)};
  }

  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

}  // namespace

ThriftWriter& ThriftWriter::i32(int id, int32_t value) {
  field(id, Type::i32);
  zigzag(value);
  return *this;
}
ThriftWriter& ThriftWriter::i64(int id, int64_t value) {
  field(id, Type::i64);
  zigzag(value);
  return *this;
}
ThriftWriter& ThriftWriter::text(int id, std::string_view value) {
  field(id, Type::binary);
  varint(value.size());
  bytes_ += value;
  return *this;
}
ThriftWriter& ThriftWriter::structure(int id, const ThriftWriter& value) {
  field(id, Type::structure);
  bytes_ += value.bytes();
  return *this;
}
ThriftWriter& ThriftWriter::structures(int id, std::span<const ThriftWriter> values) {
  list(id, Type::structure, values.size());
  for (const auto& value : values) bytes_ += value.bytes();
  return *this;
}
ThriftWriter& ThriftWriter::numbers(int id, std::span<const int32_t> values) {
  list(id, Type::i32, values.size());
  for (const int32_t value : values) zigzag(value);
  return *this;
}
ThriftWriter& ThriftWriter::texts(int id, std::span<const std::string> values) {
  list(id, Type::binary, values.size());
  for (const auto& value : values) {
    varint(value.size());
    bytes_ += value;
  }
  return *this;
}

void ThriftWriter::field(int id, Type type) {
  bytes_ += static_cast<char>((id - last_) << 4 | static_cast<int>(type));  // ids here are near
  last_ = id;
}
void ThriftWriter::list(int id, Type type, size_t size) {
  field(id, Type::list);
  const size_t small = size < 15 ? size : 15;
  bytes_ += static_cast<char>(small << 4 | static_cast<size_t>(type));
  if (small == 15) varint(size);
}
void ThriftWriter::varint(uint64_t value) {
  for (; value > 127; value >>= 7) bytes_ += static_cast<char>((value & 127) | 128);
  bytes_ += static_cast<char>(value);
}
void ThriftWriter::zigzag(int64_t value) {
  varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}

const ThriftValue& ThriftValue::at(int id) const {
  const auto found = fields.find(id);
  if (found == fields.end()) fail("Parquet metadata lacks field {}", id);
  return found->second;
}

ThriftValue read_thrift(std::span<const std::byte> bytes, size_t* used) {
  Reader reader(bytes);
  ThriftValue out = reader.structure(0);
  if (used != nullptr) *used = reader.used();
  return out;
}

}  // namespace troodon::parquet
