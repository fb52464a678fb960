#include "search/places.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "index/dot.hpp"

namespace troodon::search {
namespace {

void to_unit(std::span<float> x) {
  double squares = 0;
  for (const float v : x) squares += double{v} * v;
  const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 0);
  for (float& v : x) v *= scale;
}

/// A picture's codes as numbers, and what turns their products into cosines: the cosine of token t
/// without the common part and any x is (scale[t] * codes[t] . x - common . x) * inverse[t].
struct Tokens {
  int rows = 0, columns = 0;
  std::vector<float> values;  ///< [rows * columns, dim]
  std::vector<float> scale, inverse;
  int count() const { return rows * columns; }
};

/// products [queries, tokens] of vectors [queries, dim] and the codes.
void products_of(std::span<const float> queries,
                 const Tokens& tokens,
                 int dim,
                 std::vector<float>& products) {
  const int64_t count = static_cast<int64_t>(queries.size()) / dim;
  products.resize(static_cast<size_t>(count * tokens.count()));
  index::dot_products({queries.data(), count, dim},
                      {tokens.values.data(), tokens.count(), dim},
                      products.data(),
                      tokens.count());
}

Tokens tokens_of(const collection::TokenCodes& codes, const std::vector<float>& common) {
  Tokens out{codes.rows, codes.columns, {codes.codes.begin(), codes.codes.end()}, codes.scale, {}};
  float squares = 0;
  for (const float x : common) squares += x * x;
  std::vector<float> shared;
  products_of(common, out, codes.dim, shared);
  out.inverse.resize(shared.size());
  for (size_t t = 0; t < shared.size(); ++t)  // tokens are of unit length
    out.inverse[t] =
        1 / std::sqrt(std::max(1 - 2 * out.scale[t] * shared[t] + squares, 1e-6F));
  return out;
}

/// Sums over windows from sums over corners.
class Sums {
 public:
  Sums(const std::vector<float>& values, int rows, int columns)
      : columns_(columns + 1), sums_(static_cast<size_t>(rows + 1) * (columns + 1)) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c)
        at(r + 1, c + 1) =
            values[static_cast<size_t>(r) * columns + c] + at(r, c + 1) + at(r + 1, c) - at(r, c);
    }
  }
  float of(int r, int c, int height, int width) {
    return at(r + height, c + width) - at(r, c + width) - at(r + height, c) + at(r, c);
  }

 private:
  float& at(int r, int c) { return sums_[static_cast<size_t>(r) * columns_ + c]; }
  int columns_;
  std::vector<float> sums_;
};

/// Few cells fit by chance: windows need this much more than their mean.
constexpr float kDamping = 4;

/// Largest sum over a window of the template's size, of a row of cosines.
float best_window(const Template& wanted, const std::vector<float>& cosines, const Tokens& tokens) {
  Sums sums(cosines, tokens.rows, tokens.columns);
  float best = -1;
  const int height = wanted.rows, width = wanted.columns;
  for (int r = 0; r + height <= tokens.rows; ++r) {
    for (int c = 0; c + width <= tokens.columns; ++c)
      best = std::max(
          best, sums.of(r, c, height, width) / (static_cast<float>(height * width) + kDamping));
  }
  return best;
}

/// Where a template fits best; `likeness` is scratch.
Place best_place(const Template& wanted, const Tokens& tokens, std::vector<float>& likeness) {
  Place best{-2, {}};
  const int cells = wanted.rows * wanted.columns, count = tokens.count();
  if (wanted.rows > tokens.rows || wanted.columns > tokens.columns) return best;
  products_of(wanted.tokens, tokens, wanted.dim, likeness);  // [cells, tokens]
  for (int cell = 0; cell < cells; ++cell) {
    float* row = &likeness[static_cast<size_t>(cell) * count];
    for (int t = 0; t < count; ++t)
      row[t] = (tokens.scale[t] * row[t] - wanted.shared[cell]) * tokens.inverse[t];
  }
  for (int r = 0; r + wanted.rows <= tokens.rows; ++r) {
    for (int c = 0; c + wanted.columns <= tokens.columns; ++c) {
      float sum = 0;
      for (int y = 0, cell = 0; y < wanted.rows; ++y) {
        for (int x = 0; x < wanted.columns; ++x, ++cell)
          sum += likeness[static_cast<size_t>(cell) * count + (r + y) * tokens.columns + c + x];
      }
      const float score = sum / (static_cast<float>(cells) + kDamping);
      if (score <= best.score) continue;
      best = {score,
              {static_cast<double>(c) / tokens.columns,
               static_cast<double>(r) / tokens.rows,
               static_cast<double>(wanted.columns) / tokens.columns,
               static_cast<double>(wanted.rows) / tokens.rows}};
    }
  }
  return best;
}

}  // namespace

Template template_of(const Region& region, const std::vector<float>& common) {
  Template out{region.rows, region.columns, region.dim, region.tokens, {}, {}, common};
  const auto dim = static_cast<size_t>(region.dim);
  if (out.common.empty()) out.common.resize(dim);
  out.mean.resize(dim);
  for (size_t t = 0; t * dim < out.tokens.size(); ++t) {
    const auto token = std::span(out.tokens).subspan(t * dim, dim);
    to_unit(token);
    for (size_t d = 0; d < dim; ++d) token[d] -= out.common[d];
    to_unit(token);
    for (size_t d = 0; d < dim; ++d) out.mean[d] += token[d];
    out.shared.push_back(std::inner_product(token.begin(), token.end(), out.common.begin(), 0.0F));
  }
  to_unit(out.mean);
  return out;
}

int64_t add_tokens(const collection::TokenCodes& codes, std::vector<double>& sum) {
  const auto dim = static_cast<size_t>(codes.dim);
  for (size_t t = 0; t < codes.scale.size(); ++t) {
    for (size_t d = 0; d < dim; ++d) sum[d] += codes.scale[t] * codes.codes[t * dim + d];
  }
  return codes.tokens();
}

float rough_score(std::span<const Template> wanted, const collection::TokenCodes& codes) {
  const auto& common = wanted.front().common;
  const Tokens tokens = tokens_of(codes, common);
  std::vector<float> means, products;
  for (const Template& one : wanted) means.insert(means.end(), one.mean.begin(), one.mean.end());
  products_of(means, tokens, codes.dim, products);
  std::vector<float> cosines(static_cast<size_t>(tokens.count()));
  float best = -1;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto& mean = wanted[i].mean;
    const float shared = std::inner_product(mean.begin(), mean.end(), common.begin(), 0.0F);
    for (size_t t = 0; t < cosines.size(); ++t)
      cosines[t] =
          (tokens.scale[t] * products[i * cosines.size() + t] - shared) * tokens.inverse[t];
    best = std::max(best, best_window(wanted[i], cosines, tokens));
  }
  return best;
}

Place best_place(std::span<const Template> wanted, const collection::TokenCodes& codes) {
  const Tokens tokens = tokens_of(codes, wanted.front().common);
  std::vector<float> likeness;
  Place best{-2, {}};
  for (const Template& one : wanted) {
    const Place place = best_place(one, tokens, likeness);
    if (place.score > best.score) best = place;
  }
  return best;
}

}  // namespace troodon::search
