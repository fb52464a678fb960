#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "data/source.hpp"
#include "index/features.hpp"
#include "infer/geometry.hpp"

namespace troodon::frozen {

struct VectorOptions {
  fs::path model;     ///< as infer::model_file takes it, or a classical baseline's name
  std::string input;  ///< as data::open_source takes it
  infer::Output output = infer::Output::probe;
  int64_t layers = 4;  ///< for Output::probe and layers; a shallower network gives all it has
  int64_t size = 0;    ///< pixels; 0: the model's own
  infer::Resize resize = infer::Resize::crop;
  infer::Backend backend = infer::Backend::automatic;
  infer::Precision precision = infer::Precision::fp32;
  fs::path cache;      ///< "": cache_folder()
  size_t threads = 0;  ///< 0: all cores
  std::string device = "auto";
  bool strict = false;  ///< the first unreadable picture ends it
  ProgressStyle progress = ProgressStyle::automatic;
  int64_t batch = 8;
};

/// Features of the readable pictures of a source, in its order.
struct Vectors {
  index::Features features;  ///< dim: item_shape multiplied; ids, labels, classes of the source
  std::vector<int64_t> item_shape;
  std::vector<int64_t> items;       ///< [rows]: which of the source's items each row is
  std::vector<std::string> groups;  ///< [rows], where the source has groups
  int64_t computed = 0;             ///< different pictures that the network saw in this call
  int64_t bad = 0;                  ///< unreadable pictures, which have no row
  std::map<std::string, std::string> bad_files;  ///< path -> reason
  bool hit = false;          ///< nothing was to be computed: no backbone, no decoding
  bool interrupted = false;  ///< no rows then; repeating the call goes on
};

/// The features, from the cache where it knows them. A row is found by model, settings and the
/// content of its picture, whatever list that is in; what is new is computed and kept part by part,
/// so that a call that was stopped goes on when repeated. Throws Error.
Vectors vectors(const VectorOptions& options);
/// The same of a source that was opened already; options.input names it in messages only.
Vectors vectors(const VectorOptions& options, const data::Source& source);

/// $TROODON_CACHE, else $XDG_CACHE_HOME/troodon, else ~/.cache/troodon.
fs::path cache_folder();

/// What tells a model's weights from all others, in 16 hexadecimal digits (a classical baseline:
/// its name and version). `cache` keeps the hashes of files that have not changed; "":
/// cache_folder(). Throws Error.
std::string model_key(const fs::path& model, const fs::path& cache = {});

}  // namespace troodon::frozen
