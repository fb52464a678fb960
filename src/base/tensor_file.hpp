#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace troodon {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

size_t dtype_bytes(DType dtype);
/// Safetensors spelling: F32, I64, BOOL ...
std::string_view dtype_name(DType dtype);

/// A named, dense, row-major array that somebody else owns.
struct TensorView {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;

  int64_t elements() const;
  /// The data as T; the dtype's size must be sizeof(T).
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
};

/// A view over a vector of floats, int64s, ... (lives as long as the vector).
template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

/// A safetensors file, mapped. Checks header, offsets, shapes and overlaps. Throws Error naming
/// the file and the fault. Format: docs/formats.md.
class TensorFile {
 public:
  explicit TensorFile(const fs::path& path);
  const fs::path& path() const { return path_; }
  const std::vector<TensorView>& tensors() const { return tensors_; }
  const TensorView* find(std::string_view name) const;
  /// Throws Error that names the closest tensor when `name` is missing.
  const TensorView& at(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  fs::path path_;
  MappedFile file_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes a safetensors file atomically; tensors keep their order. Throws Error.
void write_safetensors(const fs::path& path,
                       std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// NumPy's .npy, version 1.0, little endian, C order. Throws Error.
void write_npy(const fs::path& path, const TensorView& tensor);

/// A .npy file, mapped; `view` points into `file`.
struct NpyFile {
  MappedFile file;
  TensorView view;
};
NpyFile read_npy(const fs::path& path);

/// The entry of `known` with the smallest edit distance to `name`; "" if there is none.
std::string closest(std::string_view name, std::span<const std::string> known);

}  // namespace troodon
