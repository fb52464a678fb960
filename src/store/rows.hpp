#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/tensor_file.hpp"

namespace troodon::store {

/// What one row of features is.
struct Layout {
  DType dtype = DType::f32;   ///< f32 or f16
  std::vector<int64_t> item;  ///< shape of a row's features; with `ragged` that of one token
  bool ragged = false;        ///< each row has a grid of tokens of its own

  /// Bytes of a row; with `ragged` of a token.
  size_t item_bytes() const {
    size_t out = dtype_bytes(dtype);
    for (const int64_t side : item) out *= static_cast<size_t>(side);
    return out;
  }
  bool operator==(const Layout&) const = default;
};

/// Features of some consecutive pictures, and what is known about the pictures.
struct Rows {
  std::vector<std::byte> features;    ///< row after row, in the layout's dtype
  std::vector<std::string> ids;       ///< [rows]
  std::vector<int64_t> labels;        ///< [rows], -1: none
  std::vector<int64_t> content_hash;  ///< [rows], bits of the XXH64 of the picture's file
  std::vector<int64_t> grids;  ///< with Layout::ragged: [rows, 2], rows and columns of tokens
  std::map<std::string, std::string> bad;  ///< path -> reason: pictures that have no row
};

}  // namespace troodon::store
