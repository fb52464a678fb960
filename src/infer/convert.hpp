#pragma once

#include <string>

#include "base/file.hpp"

namespace troodon::infer {

struct ConvertOptions {
  fs::path from;  ///< anything that is a model: file, run's folder, Hugging Face folder
  fs::path to;    ///< .pth, .safetensors, or a name without extension: a Hugging Face folder
  std::string
      names;  ///< official, huggingface or timm; "": huggingface for a folder, else official
  bool half = false;  ///< store float16
  bool overwrite = false;
  int64_t num_heads = 0;  ///< 0: what `from` says, else width / 64
};

struct Conversion {
  std::string network;        ///< what was converted, in words
  std::string names;          ///< in whose names it was written
  double largest_difference;  ///< of any token between both sides, on random pictures
  double smallest_cosine;     ///< likewise
};

/// Writes the backbone of `from` at `to`, then loads both, runs both on the same random pictures
/// (the network's own size, and a larger one that is not square) and compares every token. `to`
/// appears only when the largest difference is below 1e-5 (float32) or the cosine above 0.9995
/// (float16); otherwise Error with exit code 7. Throws Error also if `to` exists.
Conversion convert(const ConvertOptions& options);

}  // namespace troodon::infer
