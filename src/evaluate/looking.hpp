#pragma once

#include "frozen/cache.hpp"
#include "frozen/dense.hpp"

namespace troodon::evaluate {

/// Whose features a protocol judges, and how pictures meet the network.
struct Looking {
  fs::path model;     ///< as infer::model_file takes it, or colour, hog, colour+hog
  int64_t size = 0;   ///< pixels; 0: the model's own; where every place is judged, `grid` patches
  int64_t grid = 32;  ///< patches along the short side of a picture whose every place is judged
  infer::Resize resize = infer::Resize::crop;  ///< of whole pictures
  infer::Backend backend = infer::Backend::automatic;
  infer::Precision precision = infer::Precision::fp32;  ///< of whole pictures
  fs::path cache;                                       ///< "": frozen::cache_folder()
  std::string device = "auto";
  size_t threads = 0;  ///< 0: all cores
  uint64_t seed = 0;   ///< of everything that is drawn
  bool strict = false;
  ProgressStyle progress = ProgressStyle::automatic;
};

/// Tokens of each place; `norm` false: as a block left them.
frozen::DenseOptions dense_options(const Looking& looking, int64_t layers, bool norm);

/// The same network for pictures that lie in no file: probe features of so many last blocks.
/// Throws Error (exit 2) where pictures are to keep shapes of their own.
infer::Embedder embedder_of(const Looking& looking, int64_t layers);

/// Like frozen::vectors, but throws Error (exit 4) that names the source if a feature is not
/// finite.
frozen::Vectors look(const Looking& looking,
                     const data::Source& source,
                     infer::Output output,
                     int64_t layers);

}  // namespace troodon::evaluate
