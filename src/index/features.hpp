#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/tensor_file.hpp"

namespace troodon::index {

/// Rows of floats that somebody else owns, row-major [rows, dim].
struct Matrix {
  const float* data = nullptr;
  int64_t rows = 0;
  int64_t dim = 0;

  const float* row(int64_t i) const { return data + i * dim; }
};

/// One vector per picture, and what is known about the pictures.
struct Features {
  int64_t rows = 0;
  int64_t dim = 0;
  std::vector<float> values;         ///< [rows, dim]
  std::vector<std::string> ids;      ///< [rows], or empty
  std::vector<int64_t> labels;       ///< [rows], -1: none; or empty
  std::vector<std::string> classes;  ///< names of labels 0, 1, ...; or empty

  Matrix matrix() const { return {values.data(), rows, dim}; }
};

/// Writes x.safetensors (tensors "features" and "labels", ids and classes as JSON in its metadata)
/// or x.npy with x.json beside it, by extension; atomically. Throws Error.
void write_features(const fs::path& file, const Features& features);

/// Reads what write_features or `troodon features` wrote: .safetensors, .npy (without its .json
/// bare vectors), .parquet, or a folder of shards. Half precision is widened. Throws Error naming
/// the file and the fault.
Features read_features(const fs::path& file);

/// Numbers of any floating-point type as floats: out [n]. Throws Error for another type.
void widen(DType dtype, std::span<const std::byte> bytes, std::span<float> out);

/// Some rows, in that order, with their ids and labels.
Features subset(const Features& all, std::span<const int64_t> rows);

/// Gives the labels the numbers that these class names have; classes that are not among them become
/// -1. Nothing changes where either side has no names.
void match_classes(Features& features, const std::vector<std::string>& classes);

/// Divides each row by its Euclidean length, or by 1e-12 if that is larger (as torch's normalize).
void normalize_rows(std::span<float> values, int64_t dim);

}  // namespace troodon::index
