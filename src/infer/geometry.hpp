#pragma once

#include <vector>

#include "infer/embedder.hpp"

namespace troodon::infer {

/// How a picture of any shape becomes what the network sees. S is the size, p the patch.
enum class Resize {
  crop,     ///< as Fit::crop
  pad,      ///< as Fit::pad
  stretch,  ///< as Fit::stretch
  fit,      ///< the whole picture in its own aspect: short side to S, both rounded to p; beyond 4:1
            ///< the long side is 4 S and the short one follows
  tile,     ///< the whole picture at its own resolution (small ones: short side to S; both rounded
            ///< to p), seen through windows of S x S, half a window apart, the last at the edge
};

struct Geometry {
  Resize resize = Resize::crop;
  int size = 224;
  int patch = 14;
  std::vector<double> scales = {1};  ///< of the size; not for tile

  /// Whether all pictures become the same shapes.
  bool uniform() const { return resize <= Resize::stretch; }
  /// The short side that a picture must keep when it is decoded at reduced size; 0: all of it.
  int64_t decode_side() const;
};

/// What the network sees of one picture.
struct Views {
  std::vector<image::Image> pictures;  ///< one for each scale; tile: one, looked at through windows
  std::vector<image::Box> windows;     ///< tile; else empty

  size_t count() const { return windows.empty() ? pictures.size() : windows.size(); }
  int height(size_t view) const;
  int width(size_t view) const;
  /// The view's pixels; once only, unless tile.
  image::Image take(size_t view);
};

Views prepare(const image::Image& picture, const Geometry& geometry);

/// crop, pad or stretch to size x size.
image::Image to_square(const image::Image& picture, Fit fit, int size);

/// Gathers the features of a picture's views into its row: one view is the row itself. Scales: each
/// vector is divided by its length, their mean again. Windows: the mean of the vectors; patch
/// tokens: for each place of the picture's grid the mean over the windows that saw it.
class Combiner {
 public:
  /// `width`: values of a vector; of patch tokens, values of one token.
  Combiner(const Geometry& geometry, Output output, const Views& views, int64_t width);

  void add(size_t view, std::span<const float> features);
  std::vector<float> finish();
  /// Rows and columns of the picture's patch tokens.
  int64_t grid_rows() const { return rows_; }
  int64_t grid_columns() const { return columns_; }

 private:
  void add_tokens(const image::Box& window, std::span<const float> features);

  int patch_;
  bool tokens_;
  int64_t width_, rows_, columns_;
  std::vector<image::Box> windows_;
  size_t views_;
  std::vector<float> sum_;
  std::vector<float> seen_;  ///< tile and tokens: windows that saw each
};

}  // namespace troodon::infer
