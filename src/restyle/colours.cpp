#include "restyle/colours.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "index/eigen.hpp"

namespace troodon::restyle {
namespace {

using Matrix = std::array<double, 9>;

constexpr double kFloor = 2e-5;  ///< variance that even a plain colour has: noise does not blow up

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out = {};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k) out[i * 3 + j] += a[i * 3 + k] * b[k * 3 + j];
  return out;
}

/// f of a symmetric matrix, on its eigenvalues.
Matrix applied(const Matrix& m, const std::function<double(double)>& f) {
  const auto pairs = index::jacobi_eigenvectors(std::vector<double>(m.begin(), m.end()));
  Matrix out = {};
  for (size_t k = 0; k < 3; ++k) {
    const double value = f(pairs.values[k]);
    const double* v = pairs.vectors.data() + k * 3;
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) out[i * 3 + j] += value * v[i] * v[j];
  }
  return out;
}

}  // namespace

Spread spread_of(const Lab& picture, const std::vector<float>& weights) {
  Spread out;
  std::array<double, 9> squares = {};
  for (size_t i = 0; i < picture.pixels(); ++i) {
    const double weight = weights[i];
    const float* x = picture.values.data() + i * 3;
    out.weight += weight;
    for (size_t r = 0; r < 3; ++r) {
      out.mean[r] += weight * x[r];
      for (size_t c = 0; c <= r; ++c) squares[r * 3 + c] += weight * x[r] * x[c];
    }
  }
  const double total = std::max(out.weight, 1e-12);
  for (double& m : out.mean) m /= total;
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c <= r; ++c)
      out.covariance[r * 3 + c] = out.covariance[c * 3 + r] =
          squares[r * 3 + c] / total - out.mean[r] * out.mean[c];
  return out;
}

std::array<float, 3> ColourMap::operator()(const float* colour) const {
  std::array<float, 3> out = {};
  for (size_t r = 0; r < 3; ++r) {
    double sum = to[r];
    for (size_t c = 0; c < 3; ++c) sum += matrix[r * 3 + c] * (colour[c] - from[c]);
    out[r] = static_cast<float>(sum);
  }
  return out;
}

ColourMap colour_map(const Spread& from, const Spread& to, double most) {
  const auto raised = [](Matrix m) {
    for (size_t i = 0; i < 3; ++i) m[i * 4] += kFloor;
    return m;
  };
  const auto root = [](double x) { return std::sqrt(std::max(x, 1e-12)); };
  const Matrix a = raised(from.covariance), b = raised(to.covariance);
  const Matrix half = applied(a, root);
  const Matrix back = applied(a, [&](double x) { return 1 / root(x); });
  const Matrix inner = applied(product(product(half, b), half), root);
  const Matrix whole = product(product(back, inner), back);
  return {.matrix = applied(whole, [&](double x) { return std::clamp(x, 1 / most, most); }),
          .from = from.mean,
          .to = to.mean};
}

}  // namespace troodon::restyle
