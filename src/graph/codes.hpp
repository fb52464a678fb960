#pragma once

#include <cstdint>
#include <vector>

namespace troodon::graph {

/// Turns vectors by a fixed random rotation, so that no coordinate stands out, and rounds them to 8
/// bits of one scale for all. Products of codes are whole numbers: they order rows the same way on
/// every CPU. Rotation by signs and Hadamard transforms of overlapping halves, as in Ailon and
/// Chazelle 2009.
class Coder {
 public:
  explicit Coder(int64_t dim);

  int64_t dim() const { return dim_; }
  int64_t stride() const { return stride_; }  ///< bytes of a code: dim, up to a multiple of 64
  /// A product of codes times this is the product of the vectors.
  float unit() const { return step_ * step_; }

  /// x [dim] turned in place.
  void turn(float* x) const;
  /// The code of a turned vector as whole numbers -127 ... 127; 0 up to stride().
  void round(const float* turned, int8_t* out) const;
  /// The vector, turned back, that a stored code (bytes of value + 128) stands for: out [dim].
  void widen(const uint8_t* code, float* out) const;

 private:
  int64_t dim_, stride_, block_;  // block: the largest power of 2 that fits
  float step_;
  std::vector<float> signs_;  // [rounds, dim]
};

/// Whether a vector has length 1 within 0.001.
bool is_unit(const float* x, int64_t dim);

}  // namespace troodon::graph
