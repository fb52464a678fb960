#include "match/places.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "index/features.hpp"

namespace troodon::match {
namespace {

constexpr double kShrink = 0.05;  ///< of the covariance towards a sphere: patches are few

/// Subtracts the mean over all places, [dim].
void centre(Places& places) {
  std::vector<double> mean(static_cast<size_t>(places.dim));
  for (size_t i = 0; i < places.values.size(); ++i) mean[i % mean.size()] += places.values[i];
  for (double& m : mean) m /= static_cast<double>(places.count());
  for (size_t i = 0; i < places.values.size(); ++i)
    places.values[i] -= static_cast<float>(mean[i % mean.size()]);
}

void add_products(const Places& places, std::vector<double>& sum) {
  const auto dim = static_cast<size_t>(places.dim);
  for (size_t p = 0; p < static_cast<size_t>(places.count()); ++p) {
    const float* x = places.values.data() + p * dim;
    for (size_t i = 0; i < dim; ++i) {
      const double xi = x[i];
      double* row = sum.data() + i * dim;
      for (size_t j = 0; j <= i; ++j) row[j] += xi * x[j];
    }
  }
}

/// Cholesky factor of the common covariance, shrunk: lower triangle of [dim, dim].
std::vector<double> factor(const Places& a, const Places& b) {
  const auto dim = static_cast<size_t>(a.dim);
  std::vector<double> m(dim * dim);
  add_products(a, m);
  add_products(b, m);
  double trace = 0;
  for (size_t i = 0; i < dim; ++i) trace += m[i * dim + i];
  const double ridge = kShrink * trace / static_cast<double>(dim) + 1e-12;
  for (size_t i = 0; i < dim; ++i) {
    m[i * dim + i] += ridge;
    for (size_t j = 0; j <= i; ++j) {
      double rest = m[i * dim + j];
      for (size_t k = 0; k < j; ++k) rest -= m[i * dim + k] * m[j * dim + k];
      m[i * dim + j] = i == j ? std::sqrt(std::max(rest, ridge)) : rest / m[j * dim + j];
    }
  }
  return m;
}

/// Each place x becomes L^-1 x.
void whiten(Places& places, const std::vector<double>& lower) {
  const auto dim = static_cast<size_t>(places.dim);
  const std::vector<float> l(lower.begin(), lower.end());
  for (size_t p = 0; p < static_cast<size_t>(places.count()); ++p) {
    float* x = places.values.data() + p * dim;
    for (size_t i = 0; i < dim; ++i) {
      float rest = x[i];
      for (size_t k = 0; k < i; ++k) rest -= l[i * dim + k] * x[k];
      x[i] = rest / l[i * dim + i];
    }
  }
  index::normalize_rows(places.values, places.dim);
}

/// The two patches beside a place along a side given in patches, and the second one's share.
struct Beside {
  int64_t low, high;
  float share;
};

Beside beside(double at, int64_t count) {
  const double x = std::clamp(at - 0.5, 0.0, static_cast<double>(count - 1));
  const auto low = static_cast<int64_t>(x);
  return {low, std::min(low + 1, count - 1), static_cast<float>(x - static_cast<double>(low))};
}

}  // namespace

double distance(const Point& a, const Point& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

Point Places::middle(int64_t place) const {
  return {(static_cast<double>(place % columns) + 0.5) / static_cast<double>(columns) * width,
          (static_cast<double>(place / columns) + 0.5) / static_cast<double>(rows) * height};
}

double Places::patch() const {
  return std::max(width / static_cast<double>(columns), height / static_cast<double>(rows));
}

Around around(const Places& places, const Point& point) {
  const Beside r = beside(point.y / places.height * static_cast<double>(places.rows), places.rows);
  const Beside c =
      beside(point.x / places.width * static_cast<double>(places.columns), places.columns);
  const int64_t n = places.columns;
  return {{r.low * n + c.low, r.low * n + c.high, r.high * n + c.low, r.high * n + c.high},
          {(1 - r.share) * (1 - c.share),
           (1 - r.share) * c.share,
           r.share * (1 - c.share),
           r.share * c.share}};
}

void Places::read(const Point& point, float* out) const {
  const Around near = around(*this, point);
  std::fill_n(out, dim, 0.0F);
  for (int k = 0; k < 4; ++k) {
    const float* from = values.data() + near.place[k] * dim;
    for (int64_t i = 0; i < dim; ++i) out[i] += near.share[k] * from[i];
  }
  index::normalize_rows({out, static_cast<size_t>(dim)}, dim);
}

Places places_of(const frozen::Tokens& tokens, int width, int height) {
  if (tokens.rows * tokens.columns == 0) fail("matching needs patch tokens; these have none");
  Places out{.rows = tokens.rows,
             .columns = tokens.columns,
             .dim = tokens.layers * tokens.dim,
             .width = static_cast<double>(width),
             .height = static_cast<double>(height)};
  out.values.resize(static_cast<size_t>(out.count() * out.dim));
  for (int64_t layer = 0; layer < tokens.layers; ++layer) {
    std::vector<float> part(tokens.patches(layer),
                            tokens.patches(layer) + out.count() * tokens.dim);
    index::normalize_rows(part, tokens.dim);
    for (int64_t p = 0; p < out.count(); ++p)
      std::copy_n(part.data() + p * tokens.dim,
                  tokens.dim,
                  out.values.data() + p * out.dim + layer * tokens.dim);
  }
  index::normalize_rows(out.values, out.dim);
  return out;
}

Places look(frozen::DenseFeatures& features, const image::Image& picture) {
  if (picture.empty()) fail(Exit::input, "a picture to be matched is empty");
  return places_of(features.compute(picture), picture.width, picture.height);
}

void align_styles(Places& a, Places& b) {
  if (a.dim != b.dim)
    fail("features of {} and {} numbers cannot be compared: look at both with one model",
         a.dim,
         b.dim);
  centre(a);
  centre(b);
  const std::vector<double> lower = factor(a, b);
  whiten(a, lower);
  whiten(b, lower);
}

}  // namespace troodon::match
