#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "data/source.hpp"
#include "image/pixels.hpp"
#include "infer/embedder.hpp"

namespace troodon::frozen {

struct DenseOptions {
  fs::path model;               ///< as infer::model_file takes it, or a classical baseline's name
  std::vector<int64_t> blocks;  ///< from 0; empty: the last `layers`
  int64_t layers = 1;           ///< a shallower network gives all it has
  bool norm = true;             ///< tokens pass the network's last norm; depth heads want none
  int64_t size = 0;             ///< short side, pixels; 0: `grid` patches
  int64_t grid = 0;             ///< 0: the model's size
  bool keep_aspect = true;      ///< else stretched to size x size
  infer::Backend backend = infer::Backend::automatic;
  fs::path cache;      ///< "": cache_folder()
  size_t threads = 0;  ///< 0: all cores
  std::string device = "auto";
  ProgressStyle progress = ProgressStyle::automatic;
};

/// Tokens of one picture after some blocks.
struct Tokens {
  int64_t layers = 0, rows = 0, columns = 0, dim = 0;
  /// [layers, 1 + rows * columns, dim]: class token, then patches row by row; blocks as asked for.
  std::vector<float> values;

  int64_t tokens() const { return 1 + rows * columns; }
  const float* layer(int64_t i) const { return values.data() + i * tokens() * dim; }
  /// Patch tokens of a layer, [rows * columns, dim].
  const float* patches(int64_t i) const { return layer(i) + dim; }
};

/// Frozen patch tokens of whole pictures, one cache file for each. A picture keeps its aspect: its
/// short side becomes `size`, both sides a multiple of the patch (infer::Resize::fit: bicubic;
/// beyond 4:1 the long side is 4 times the size).
class DenseFeatures {
 public:
  /// Opens no network before one is needed. Throws Error.
  explicit DenseFeatures(const DenseOptions& options);
  ~DenseFeatures();
  DenseFeatures(DenseFeatures&&) noexcept;

  /// Computes what the cache lacks and returns how many pictures that were; stops early, with no
  /// harm, when interrupted. Unreadable pictures are passed over: of() says what is wrong. Throws
  /// Error.
  int64_t prepare(std::span<const data::Item> items);
  /// From the cache, else computed and kept there. Safe from any thread. Throws Error (exit 4) if
  /// the picture cannot be read.
  Tokens of(const data::Item& item);
  /// Past the cache. Safe from any thread, one at a time.
  Tokens compute(const image::Image& picture);

  int64_t patch_size() const;       ///< pixels
  int64_t dim() const;              ///< of a token
  int64_t depth() const;            ///< blocks of the network
  int64_t layers() const;           ///< blocks whose tokens are given
  int64_t size() const;             ///< short side, pixels
  std::string description() const;  ///< the network, in words

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon::frozen
