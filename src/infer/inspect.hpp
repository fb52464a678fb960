#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace troodon::infer {

/// One stored array, as text.
struct StoredTensor {
  std::string name, dtype, shape;
};

/// What a file is, in words and in detail.
struct Inspection {
  std::string kind;  ///< "backbone", "linear head", "head", "training checkpoint", "features",
                     ///< "array", "picture", "run", "pictures"
  std::string summary;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<StoredTensor> tensors;
};

/// Says what a checkpoint (.pth, .safetensors), feature file, .npy, picture, run folder or folder
/// of pictures is, or a released model by its name. Of checkpoints it reads names and shapes only:
/// an instant, and no memory. Throws Error when it is none of these.
Inspection inspect(const fs::path& path);

/// Reads all of a backbone's or a head's file, whatever its name ends with, checks its
/// checksums and that it is one. Memory: its largest tensor. Throws Error.
void check_model_file(const fs::path& path);

}  // namespace troodon::infer
