#pragma once

#include <functional>
#include <memory>

#include "base/progress.hpp"
#include "collection/store.hpp"
#include "infer/embedder.hpp"
#include "infer/geometry.hpp"

namespace troodon::collection {

struct AddOptions {
  std::string folder;                ///< pictures below it
  std::string store;                 ///< "": in the folder; else as open_store takes it
  fs::path model;                    ///< "": the collection's own, of a new one "small"
  infer::EmbedOptions embed;         ///< size 0: the collection's own, else the model's,
                                     ///< but at least 20 patches
  bool crop = false;                 ///< a new collection sees the centres of pictures, squared
  int64_t regions = 32;              ///< rows and columns of tokens kept at most; 0: none
  fs::path table;                    ///< CSV, TSV or JSON lines with a column path: labels, columns
  int64_t batch = 8;                 ///< pictures that the network sees together
  int64_t commit = 64;               ///< pictures in a transaction
  int64_t max_pixels = 256LL << 20;  ///< a larger picture counts as unreadable
  size_t threads = 0;                ///< that read; 0: all cores
  bool keep_missing = false;         ///< pictures whose files went stay
  bool strict = false;               ///< the first unreadable picture ends it
  bool dry_run = false;              ///< only say what would be done
  ProgressStyle progress = ProgressStyle::automatic;
  /// Hears of pictures that are safe in the store, also after a kill.
  std::function<void(const std::string& path)> stored;
  /// Hears how far it is.
  std::function<void(int64_t done, int64_t total)> advanced;
  std::function<bool()> stop;  ///< asked between batches; interrupts are heard anyway
};

/// What a look at a folder found.
struct Plan {
  int64_t found = 0, unchanged = 0;
  std::vector<std::string> fresh;     ///< new or changed files, sorted
  std::vector<std::string> vanished;  ///< known pictures whose files are gone
};

struct Added {
  Plan plan;
  int64_t pictures = 0;  ///< looked at and stored
  int64_t removed = 0;
  int64_t described = 0;                         ///< got a new label or columns
  std::map<std::string, std::string> bad_files;  ///< of this call: path -> reason
  double seconds = 0;
  double images_per_second = 0;  ///< from files to the store
  bool interrupted = false;
};

/// What of a folder the store doesn't know, or knows in another state. Throws Error (Exit::input)
/// where the folder has no picture but the store has: a disk may be missing.
/// `store` nullptr: there is none yet.
Plan plan_of(const Store* store, const std::string& folder);

/// Brings a collection up to date with its folder: new and changed pictures are looked at (whole
/// vectors and patch tokens in one pass), vanished ones removed. Work that was committed survives
/// any kill, so that repeating the call goes on. Throws Error.
Added add(const AddOptions& options);

/// The same with a network that is open already, as serve has; see wanted_embedding().
Added add(const AddOptions& options, Store& store, infer::Embedder& embedder);

/// How a collection's pictures must be looked at: all tokens of an early and of a late block, and
/// the class token; the last alone where none are kept.
infer::EmbedOptions wanted_embedding(const Settings& settings, infer::EmbedOptions base = {});

/// How a picture of any shape becomes what the network sees.
infer::Geometry geometry_of(const Settings& settings, int64_t patch);

/// What is kept of an embedding, [blocks, 1 + rows * columns, dim].
struct Look {
  std::vector<float> vector;  ///< [dim], the last class token at unit length
  std::vector<float> tokens;  ///< [rows * columns, 2 dim]: the early token and the late, each at
                              ///< unit length, then both together; empty: none are kept
  int rows = 0, columns = 0;
};
Look look_of(std::span<const float> features, int rows, int columns, const Settings& settings);

}  // namespace troodon::collection
