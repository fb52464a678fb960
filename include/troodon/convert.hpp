#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "troodon/export.hpp"

namespace troodon {

struct ConvertOptions {
  std::filesystem::path from;  ///< any model: file, run's folder, Hugging Face folder
  std::filesystem::path to;    ///< .pth, .safetensors, or no extension: a Hugging Face folder
  std::string
      names;  ///< official, huggingface or timm; "": huggingface for a folder, else official
  bool half = false;  ///< store float16
  bool overwrite = false;
  std::int64_t num_heads = 0;  ///< 0: what `from` says, else width / 64
};

struct Conversion {
  std::string network;            ///< what was converted, in words
  std::string names;              ///< in whose names it was written
  double largest_difference = 0;  ///< of any token between both sides, on random pictures
  double smallest_cosine = 1;     ///< likewise
};

/// A backbone of any dialect into any other, proved by running both on the same pictures: the verb
/// `troodon convert`. Throws Error; exit 7 if both sides differ.
TROODON_API Conversion convert(const ConvertOptions& options);

}  // namespace troodon
