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

/// One vector or more of each picture of `input`.
frozen::VectorOptions vector_options(const Looking& looking,
                                     const std::string& input,
                                     infer::Output output,
                                     int64_t layers);

/// Tokens of each place; `norm` false: as a block left them.
frozen::DenseOptions dense_options(const Looking& looking, int64_t layers, bool norm);

/// Like frozen::vectors, but throws Error (exit 4) that names the source if a feature is not
/// finite.
frozen::Vectors look(const Looking& looking,
                     const data::Source& source,
                     infer::Output output,
                     int64_t layers);

/// Which blocks official depth heads look at: a third, a half, ... of the way (spec section 4.4);
/// `layers` 1: the last. From 0.
std::vector<int64_t> depth_blocks(int64_t depth, int64_t layers);

}  // namespace troodon::evaluate
