#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.hpp"

namespace troodon {

/// Appends numbers, texts and vectors of numbers to bytes, as they lie in memory: for files that
/// only the machine's own kind reads again.
class ByteWriter {
 public:
  template <class T>
    requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !std::is_array_v<T>)
  ByteWriter& put(const T& value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  ByteWriter& put(std::string_view text) {
    put(static_cast<uint64_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  ByteWriter& put(const std::string& text) { return put(std::string_view(text)); }
  ByteWriter& put(const char* text) { return put(std::string_view(text)); }
  template <class T>
  ByteWriter& put(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    return put(
        std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote, in the same order. Throws Error where it ends too soon.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
    requires std::is_trivially_copyable_v<T>
  ByteReader& get(T& value) {
    std::memcpy(&value, next(sizeof(T)), sizeof(T));
    return *this;
  }
  ByteReader& get(std::string& text) {
    const size_t size = length();
    text.assign(next(size), size);
    return *this;
  }
  template <class T>
  ByteReader& get(std::vector<T>& values) {
    const size_t size = length();
    if (size % sizeof(T) != 0) fail("bytes of another kind");
    const char* from = next(size);
    values.resize(size / sizeof(T));
    if (size > 0) std::memcpy(values.data(), from, size);
    return *this;
  }
  bool at_end() const { return bytes_.empty(); }

 private:
  size_t length() {
    uint64_t size = 0;
    get(size);
    return size;
  }
  const char* next(size_t size) {
    if (size > bytes_.size()) fail("bytes end too soon");
    const char* out = bytes_.data();
    bytes_.remove_prefix(size);
    return out;
  }

  std::string_view bytes_;
};

}  // namespace troodon
