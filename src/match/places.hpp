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

/// What each place of a picture looks like: patch features ready to be compared.
struct Places {
  int64_t rows = 0, columns = 0, dim = 0;
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

/// Places of a picture of width x height pixels from its tokens: of each layer the patch tokens at
/// unit length, one after another. Throws Error without patches.
Places places_of(const frozen::Tokens& tokens, int width, int height);

/// The same, looked at by a network, past its cache. Throws Error.
Places look(frozen::DenseFeatures& features, const image::Image& picture);

/// Makes two pictures' places comparable across styles: each loses its own mean (what the style
/// adds everywhere), and what varies most in both counts no more than the rest (whitening by the
/// Cholesky factor of their common covariance). In place; both keep unit length. Throws Error if
/// the widths differ.
void align_styles(Places& a, Places& b);

}  // namespace troodon::match
