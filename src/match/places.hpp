#pragma once

#include <cstdint>
#include <vector>

#include "frozen/dense.hpp"
#include "image/pixels.hpp"

namespace troodon::match {

/// A place in pixels from the top left corner; the middle of the first pixel is 0.5, 0.5.
struct Point {
  double x = 0, y = 0;
};

double distance(const Point& a, const Point& b);

/// Numbers of a feature that mean one thing, and how much they count in a comparison.
struct Part {
  int64_t dim = 0;
  double share = 1;  ///< shares of all parts add up to 1
};

/// What each place of a picture looks like: patch features ready to be compared.
struct Places {
  int64_t rows = 0, columns = 0, dim = 0;
  std::vector<Part> parts;       ///< of a feature, one after another; each of length sqrt(share)
  double width = 0, height = 0;  ///< of the picture, pixels
  std::vector<float> values;     ///< [rows * columns, dim], unit length

  int64_t count() const { return rows * columns; }
  const float* at(int64_t row, int64_t column) const {
    return values.data() + (row * columns + column) * dim;
  }
  /// The middle of a patch, pixels.
  Point middle(int64_t place) const;
  /// The longer side of a patch, pixels.
  double patch() const;
  /// The feature between patch centres, bilinear, made unit length: out [dim]; edges repeat.
  void read(const Point& point, float* out) const;
};

/// Four patches around a point and their shares; places at the edge repeat.
struct Around {
  int64_t place[4];
  float share[4];
};
Around around(const Places& places, const Point& point);

/// Places of a picture of width x height pixels from its tokens; each layer is a part. Throws Error
/// without patches.
Places places_of(const frozen::Tokens& tokens, int width, int height);

struct LookOptions {
  /// How much the edges in and about each place count (histograms of gradients, Dalal and Triggs
  /// 2005, in cells of one, two and four places) beside what the network says: 0 not, 1 alone. They
  /// tell places of one thing apart where a network only names the thing; for likeness by meaning
  /// alone take 0.
  double edges = 0.5;
};

/// Places from tokens of this picture. Throws Error.
Places places_of(const frozen::Tokens& tokens,
                 const image::Image& picture,
                 const LookOptions& options);

/// The same, looked at by a network, past its cache. Throws Error.
Places look(frozen::DenseFeatures& features,
            const image::Image& picture,
            const LookOptions& options = {});

/// Makes two pictures' places comparable across styles, part by part: each loses its own mean (what
/// the style adds everywhere), and what varies most in both counts no more than the rest (whitening
/// by the Cholesky factor of their common covariance). In place. Throws Error if they were not
/// looked at alike.
void align_styles(Places& a, Places& b);

/// What align_styles does, learnt from one picture: for frames of a film.
struct Alignment {
  std::vector<std::vector<double>> means, lower;  ///< of each part
};
Alignment alignment_of(const Places& places);
void align(Places& places, const Alignment& alignment);

}  // namespace troodon::match
