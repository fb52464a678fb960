#pragma once

#include <map>

#include "base/progress.hpp"
#include "base/ranks.hpp"
#include "infer/geometry.hpp"
#include "infer/observer.hpp"
#include "infer/throughput.hpp"

namespace troodon::infer {

struct ExtractOptions {
  EmbedOptions embed;
  Resize resize = Resize::crop;
  std::vector<double> scales = {1};  ///< of the size; several: their normalised mean
  bool scaled_decoding = false;  ///< large JPEGs are decoded at reduced size: other bits, sooner
  int64_t max_pixels = 256LL << 20;  ///< a larger picture counts as unreadable
  fs::path model;
  std::string input;                   ///< folder, list, manifest or picture (data/source.hpp)
  fs::path out;                        ///< .safetensors, .npy, .parquet, or a folder of shards
  std::string format = "safetensors";  ///< of the files in a folder
  int64_t shard_rows = 0;              ///< rows of a file in a folder; 0: about 1 GB
  bool half = false;                   ///< kept as float16
  int64_t batch = 8;                   ///< more is slower on a CPU: activations leave the caches
  int64_t part = 0;   ///< pictures in a part, what a kill can cost at most; 0: 512, fewer if large
  int64_t limit = 0;  ///< only so many pictures; 0: all
  size_t threads = 0;
  bool strict = false;
  bool overwrite = false;
  bool update = false;   ///< a result that is there is replaced; rows of pictures whose content it
                         ///< knows are taken from it
  bool dry_run = false;  ///< only say what would be done
  ProgressStyle progress = ProgressStyle::automatic;
  Observer observer;       ///< sees every picture, also those whose rows are reused
  Ranks* ranks = nullptr;  ///< several share the parts; the first assembles them
};

struct ExtractResult {
  int64_t pictures = 0;  ///< of the source
  int64_t rows = 0;
  std::vector<int64_t> item_shape;  ///< ragged: of one token
  bool ragged = false;              ///< each row has a grid of tokens of its own
  std::string dtype;                ///< F32 or F16
  uint64_t bytes = 0;               ///< of the result on disk; of a dry run: predicted
  int64_t resumed = 0;              ///< pictures that an earlier, interrupted call had done
  int64_t reused = 0;    ///< pictures of this call whose rows came from the result that was there
  int64_t computed = 0;  ///< pictures of this call that the network saw, or that were unreadable
  double seconds = 0;
  double images_per_second = 0;  ///< of this call, from files to features
  Busy busy;
  int64_t bad = 0;                               ///< unreadable pictures
  std::map<std::string, std::string> bad_files;  ///< the first 1000 of them: path -> reason
  std::string model;                             ///< what it is, and at which size it looks
  bool interrupted = false;
};

/// Features of every picture of a source, in its order; ids, labels, classes and content hashes
/// with them. Work is done in parts below OUT.parts/, so a call that was interrupted or killed goes
/// on where it was when repeated, and ends with the same bytes; memory does not grow with the
/// number of rows. Unreadable pictures are left out and listed in OUT.failed.txt. Throws Error.
ExtractResult extract(const ExtractOptions& options);

}  // namespace troodon::infer
