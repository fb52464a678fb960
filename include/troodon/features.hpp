#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "troodon/embedder.hpp"

namespace troodon {

struct FeaturesOptions {
  EmbedOptions embed;
  std::filesystem::path model;  ///< as for Embedder
  std::string input;            ///< folder, list (.txt), manifest (.csv) or picture; ?split=val
  std::filesystem::path out;    ///< .safetensors, .npy with a .json beside it, or .parquet
  std::int64_t batch = 8;       ///< pictures at once
  std::int64_t part = 0;        ///< pictures saved at a time, what a kill can cost at most; 0: 512
  std::int64_t limit = 0;       ///< only so many pictures; 0: all
  bool strict = false;          ///< stop at the first unreadable picture
  bool overwrite = false;
  bool progress = false;  ///< a progress line and messages on stderr
};

struct FeaturesResult {
  std::int64_t rows = 0;
  std::vector<std::int64_t> item_shape;
  std::int64_t resumed = 0;  ///< pictures that an earlier, interrupted call had done
  double seconds = 0;
  double images_per_second = 0;
  std::map<std::string, std::string> bad_files;  ///< left out: path, reason
  bool interrupted = false;                      ///< the same call goes on where this one stopped
};

/// Features of every picture of a source, in its order, with ids, labels and classes, in one file:
/// the verb `troodon features`. Resumable; unreadable pictures are left out. Throws Error.
TROODON_API FeaturesResult extract_features(const FeaturesOptions& options);

/// One vector per picture, and what is known about the pictures.
struct Features {
  std::int64_t rows = 0;
  std::int64_t dim = 0;
  std::vector<float> values;         ///< [rows, dim]
  std::vector<std::string> ids;      ///< [rows], or empty
  std::vector<std::int64_t> labels;  ///< [rows], -1: none; or empty
  std::vector<std::string> classes;  ///< names of labels 0, 1, ...; or empty
};

/// Reads and writes a features file (docs/formats.md). Throws Error naming the file.
TROODON_API Features read_features(const std::filesystem::path& file);
TROODON_API void write_features(const std::filesystem::path& file, const Features& features);

}  // namespace troodon
