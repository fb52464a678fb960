#pragma once

#include <map>

#include "base/progress.hpp"
#include "infer/embedder.hpp"

namespace troodon::infer {

struct ExtractOptions {
  EmbedOptions embed;
  fs::path model;
  std::string input;   ///< folder, list, manifest or picture (data/source.hpp)
  fs::path out;        ///< .safetensors or .npy
  int64_t batch = 8;   ///< more is slower on a CPU: activations leave the caches
  int64_t part = 512;  ///< pictures in a part: what a kill can cost at most
  int64_t limit = 0;   ///< only so many pictures; 0: all
  size_t threads = 0;
  bool strict = false;
  bool overwrite = false;
  ProgressStyle progress = ProgressStyle::automatic;
};

struct ExtractResult {
  int64_t rows = 0;
  std::vector<int64_t> item_shape;
  int64_t resumed = 0;  ///< pictures that an earlier, interrupted call had done
  double seconds = 0;
  double images_per_second = 0;  ///< of this call, from files to features
  std::map<std::string, std::string> bad_files;
  bool interrupted = false;
};

/// Features of every picture of a source, in its order, in one file; ids, labels and classes with
/// them. Work is done in parts below OUT.parts/, so a call that was interrupted or killed goes on
/// where it was when repeated, and ends with the same bytes. Unreadable pictures are left out and
/// listed in OUT.failed.txt. Throws Error.
ExtractResult extract(const ExtractOptions& options);

}  // namespace troodon::infer
