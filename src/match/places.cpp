#include "match/places.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "base/error.hpp"
#include "engine/classical_features.hpp"
#include "image/resize.hpp"
#include "index/features.hpp"

namespace troodon::match {
namespace {

constexpr int64_t kCell = 8;  ///< pixels a place has when its edges are looked at
constexpr std::array<int64_t, 3> kCellSizes = {1, 2, 4};  ///< places: near and far about each
constexpr double kShrink = 0.05;  ///< of the covariance towards a sphere: patches are few

/// Rows of one part, [count, dim], while they are made comparable.
struct Block {
  int64_t dim = 0;
  std::vector<float> values;
};

Block cut(const Places& places, int64_t begin, int64_t dim) {
  Block out{dim, std::vector<float>(static_cast<size_t>(places.count() * dim))};
  for (int64_t p = 0; p < places.count(); ++p)
    std::copy_n(places.values.data() + p * places.dim + begin, dim, out.values.data() + p * dim);
  return out;
}

/// Writes unit rows back, times the root of their share: products of features add up by share.
void put(Places& places, int64_t begin, Block block, double share) {
  index::normalize_rows(block.values, block.dim);
  const auto root = static_cast<float>(std::sqrt(share));
  for (int64_t p = 0; p < places.count(); ++p)
    for (int64_t i = 0; i < block.dim; ++i)
      places.values[static_cast<size_t>(p * places.dim + begin + i)] =
          root * block.values[static_cast<size_t>(p * block.dim + i)];
}

std::vector<double> mean_of(const Block& block) {
  std::vector<double> mean(static_cast<size_t>(block.dim));
  for (size_t i = 0; i < block.values.size(); ++i) mean[i % mean.size()] += block.values[i];
  for (double& m : mean) m /= static_cast<double>(block.values.size() / mean.size());
  return mean;
}

void subtract(Block& block, const std::vector<double>& mean) {
  for (size_t i = 0; i < block.values.size(); ++i)
    block.values[i] -= static_cast<float>(mean[i % mean.size()]);
}

void add_products(const Block& block, std::vector<double>& sum) {
  const auto dim = static_cast<size_t>(block.dim);
  for (size_t at = 0; at < block.values.size(); at += dim) {
    const float* x = block.values.data() + at;
    for (size_t i = 0; i < dim; ++i) {
      const double xi = x[i];
      double* row = sum.data() + i * dim;
      for (size_t j = 0; j <= i; ++j) row[j] += xi * x[j];
    }
  }
}

/// Cholesky factor of the blocks' common covariance, shrunk: lower triangle of [dim, dim].
std::vector<double> factor(std::initializer_list<const Block*> blocks) {
  const auto dim = static_cast<size_t>((*blocks.begin())->dim);
  std::vector<double> m(dim * dim);
  for (const Block* block : blocks) add_products(*block, m);
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

/// Each row x becomes L^-1 x.
void whiten(Block& block, const std::vector<double>& lower) {
  const auto dim = static_cast<size_t>(block.dim);
  const std::vector<float> l(lower.begin(), lower.end());
  for (size_t at = 0; at < block.values.size(); at += dim) {
    float* x = block.values.data() + at;
    for (size_t i = 0; i < dim; ++i) {
      float rest = x[i];
      for (size_t k = 0; k < i; ++k) rest -= l[i * dim + k] * x[k];
      x[i] = rest / l[i * dim + i];
    }
  }
}

/// Histograms of gradients about each place in cells `size` times as wide as the place: [count,
/// kCellHog].
std::vector<float> edges_of(const image::Image& picture, const Places& places, int64_t size) {
  const int64_t rows = std::max<int64_t>(places.rows / size, 2),
                columns = std::max<int64_t>(places.columns / size, 2);
  const image::Image small =
      image::resize(picture, static_cast<int>(columns * kCell), static_cast<int>(rows * kCell));
  Places coarse{.rows = rows,
                .columns = columns,
                .dim = engine::kCellHog,
                .width = places.width,
                .height = places.height,
                .values = engine::hog_of_cells(
                    engine::gradients_of_cells(small, rows, columns), rows, columns)};
  std::vector<float> out(static_cast<size_t>(places.count() * coarse.dim));
  for (int64_t p = 0; p < places.count(); ++p)
    coarse.read(places.middle(p), out.data() + p * coarse.dim);
  return out;
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
    const float* first = tokens.patches(layer);
    out.parts.push_back({tokens.dim, 1.0 / static_cast<double>(tokens.layers)});
    put(out,
        layer * tokens.dim,
        {tokens.dim, std::vector<float>(first, first + out.count() * tokens.dim)},
        out.parts.back().share);
  }
  return out;
}

Places places_of(const frozen::Tokens& tokens,
                 const image::Image& picture,
                 const LookOptions& options) {
  const Places plain = places_of(tokens, picture.width, picture.height);
  if (options.edges <= 0) return plain;
  Places out = plain;
  const auto scales = static_cast<int64_t>(kCellSizes.size());
  out.dim += scales * engine::kCellHog;
  out.values.assign(static_cast<size_t>(out.count() * out.dim), 0.0F);
  int64_t begin = 0;
  for (Part& part : out.parts) {
    part.share *= 1 - options.edges;
    put(out, begin, cut(plain, begin, part.dim), part.share);
    begin += part.dim;
  }
  for (const int64_t size : kCellSizes) {
    out.parts.push_back({engine::kCellHog, options.edges / static_cast<double>(scales)});
    put(out, begin, {engine::kCellHog, edges_of(picture, out, size)}, out.parts.back().share);
    begin += engine::kCellHog;
  }
  return out;
}

Places look(frozen::DenseFeatures& features,
            const image::Image& picture,
            const LookOptions& options) {
  if (picture.empty()) fail(Exit::input, "a picture to be matched is empty");
  return places_of(features.compute(picture), picture, options);
}

void align_styles(Places& a, Places& b) {
  const auto alike = [](const Part& x, const Part& y) { return x.dim == y.dim; };
  if (!std::ranges::equal(a.parts, b.parts, alike))
    fail("features of {} and {} numbers cannot be compared: look at both in one way", a.dim, b.dim);
  int64_t begin = 0;
  for (const Part& part : a.parts) {
    Block x = cut(a, begin, part.dim), y = cut(b, begin, part.dim);
    subtract(x, mean_of(x));
    subtract(y, mean_of(y));
    const std::vector<double> lower = factor({&x, &y});
    whiten(x, lower);
    whiten(y, lower);
    put(a, begin, std::move(x), part.share);
    put(b, begin, std::move(y), part.share);
    begin += part.dim;
  }
}

Alignment alignment_of(const Places& places) {
  Alignment out;
  int64_t begin = 0;
  for (const Part& part : places.parts) {
    Block x = cut(places, begin, part.dim);
    out.means.push_back(mean_of(x));
    subtract(x, out.means.back());
    out.lower.push_back(factor({&x}));
    begin += part.dim;
  }
  return out;
}

void align(Places& places, const Alignment& alignment) {
  int64_t begin = 0;
  for (size_t i = 0; i < places.parts.size(); ++i) {
    const Part& part = places.parts[i];
    Block x = cut(places, begin, part.dim);
    subtract(x, alignment.means.at(i));
    whiten(x, alignment.lower.at(i));
    put(places, begin, std::move(x), part.share);
    begin += part.dim;
  }
}

}  // namespace troodon::match
