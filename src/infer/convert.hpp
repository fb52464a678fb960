#pragma once

#include <string>

#include "base/file.hpp"

namespace troodon::infer {

struct ConvertOptions {
  fs::path from;  ///< anything that is a model: file, run's folder, Hugging Face folder, known name
  fs::path to;    ///< .pth, .safetensors, or a name without extension: a Hugging Face folder
  /// official, huggingface or timm; "": huggingface for a folder, else official.
  std::string names;
  fs::path head;     ///< official linear head for a Hugging Face folder (...ForImageClassification)
  fs::path head_to;  ///< file for the classifier that `from` has beside its backbone
  bool half = false;  ///< store float16
  bool overwrite = false;
  int64_t num_heads = 0;  ///< 0: what `from` says, else width / 64
};

struct Conversion {
  std::string network;        ///< what was converted, in words
  std::string names;          ///< in whose names it was written
  double largest_difference;  ///< of any token between both sides, on random pictures
  double smallest_cosine;     ///< likewise
  bool head = false;          ///< a classifier was written too
};

/// Writes the backbone of `from` at `to`, then loads both, runs both on the same random pictures
/// (the network's own size, and a larger one that is not square) and compares every token. `to`
/// appears only when the largest difference is below 1e-5 (float32) or the cosine above 0.9995
/// (float16); otherwise Error with exit code 7. A classifier goes along into a Hugging Face folder.
/// It grows in .NAME.draft/ beside `to`, which the next call removes if this one is killed; what it
/// replaces is there until the new one is (base/place.hpp, exchange). Throws Error if `to` exists
/// and may not, or is a folder that isn't a model.
Conversion convert(const ConvertOptions& options);

}  // namespace troodon::infer
