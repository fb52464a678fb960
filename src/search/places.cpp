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
    out.inverse[t] = 1 / std::sqrt(std::max(1 - 2 * out.scale[t] * shared[t] + squares, 1e-6F));
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

/// Where part i of n along a side of so many cells starts.
int start_of_part(int i, int cells) {
  return i * cells / kAcross;
}

/// products [parts, tokens] of a template's mean tokens.
float best_window(const Template& wanted, const float* products, const Tokens& tokens) {
  if (wanted.rows > tokens.rows || wanted.columns > tokens.columns) return -1;
  const int down = tokens.rows - wanted.rows + 1, right = tokens.columns - wanted.columns + 1;
  std::vector<float> scores(static_cast<size_t>(down) * right), cosines(tokens.scale.size());
  for (int part = 0; part < kAcross * kAcross; ++part, products += cosines.size()) {
    const int y = start_of_part(part / kAcross, wanted.rows),
              x = start_of_part(part % kAcross, wanted.columns),
              height = start_of_part(part / kAcross + 1, wanted.rows) - y,
              width = start_of_part(part % kAcross + 1, wanted.columns) - x;
    if (height == 0 || width == 0) continue;
    const float shared = wanted.means_shared[part];
    for (size_t t = 0; t < cosines.size(); ++t)
      cosines[t] = (tokens.scale[t] * products[t] - shared) * tokens.inverse[t];
    Sums sums(cosines, tokens.rows, tokens.columns);
    for (int r = 0; r < down; ++r) {
      for (int c = 0; c < right; ++c)
        scores[static_cast<size_t>(r) * right + c] += sums.of(r + y, c + x, height, width);
    }
  }
  return *std::ranges::max_element(scores) /
         (static_cast<float>(wanted.rows * wanted.columns) + kDamping);
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

/// Means of parts and their products with what is common.
void add_means(Template& t) {
  const auto dim = static_cast<size_t>(t.dim);
  t.means.resize(kAcross * kAcross * dim);
  t.means_shared.resize(kAcross * kAcross);
  for (int part = 0; part < kAcross * kAcross; ++part) {
    const auto mean = std::span(t.means).subspan(static_cast<size_t>(part) * dim, dim);
    int cells = 0;
    for (int r = start_of_part(part / kAcross, t.rows);
         r < start_of_part(part / kAcross + 1, t.rows);
         ++r) {
      for (int c = start_of_part(part % kAcross, t.columns);
           c < start_of_part(part % kAcross + 1, t.columns);
           ++c, ++cells) {
        const float* token = &t.tokens[(static_cast<size_t>(r) * t.columns + c) * dim];
        for (size_t d = 0; d < dim; ++d) mean[d] += token[d];
      }
    }
    for (float& x : mean) x /= static_cast<float>(std::max(cells, 1));
    t.means_shared[part] = std::inner_product(mean.begin(), mean.end(), t.common.begin(), 0.0F);
  }
}

}  // namespace

Template template_of(const Region& region, const std::vector<float>& common) {
  Template out{.rows = region.rows,
               .columns = region.columns,
               .dim = region.dim,
               .tokens = region.tokens,
               .common = common};
  const auto dim = static_cast<size_t>(region.dim);
  if (out.common.empty()) out.common.resize(dim);
  for (size_t t = 0; t * dim < out.tokens.size(); ++t) {
    const auto token = std::span(out.tokens).subspan(t * dim, dim);
    to_unit(token);
    for (size_t d = 0; d < dim; ++d) token[d] -= out.common[d];
    to_unit(token);
    out.shared.push_back(std::inner_product(token.begin(), token.end(), out.common.begin(), 0.0F));
  }
  add_means(out);
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
  for (const Template& one : wanted) means.insert(means.end(), one.means.begin(), one.means.end());
  products_of(means, tokens, codes.dim, products);
  const size_t each = kAcross * kAcross * tokens.scale.size();
  float best = -1;
  for (size_t i = 0; i < wanted.size(); ++i)
    best = std::max(best, best_window(wanted[i], &products[i * each], tokens));
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
