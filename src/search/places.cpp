#include "search/places.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "index/dot.hpp"
#include "index/features.hpp"

namespace troodon::search {
namespace {

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

/// From the products of a vector with all tokens to its cosines with them; `shared`: its product
/// with what is common. The two may be the same memory.
void to_cosines(const Tokens& tokens, float shared, const float* products, float* cosines) {
  for (size_t t = 0; t < tokens.scale.size(); ++t)
    cosines[t] = (tokens.scale[t] * products[t] - shared) * tokens.inverse[t];
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

/// Where part i of `across` along a side of so many cells starts.
int start_of_part(int i, int cells, int across) {
  return i * cells / across;
}

/// A part's cells.
struct Cells {
  int y, x, height, width;
};

Cells cells_of(int part, int across, const Template& t) {
  const int row = part / across, column = part % across;
  const int y = start_of_part(row, t.rows, across), x = start_of_part(column, t.columns, across);
  return {.y = y,
          .x = x,
          .height = start_of_part(row + 1, t.rows, across) - y,
          .width = start_of_part(column + 1, t.columns, across) - x};
}

/// products [parts, tokens] of a template's mean tokens.
float best_window(const Template& wanted,
                  const Parts& parts,
                  const float* products,
                  const Tokens& tokens) {
  if (wanted.rows > tokens.rows || wanted.columns > tokens.columns) return -1;
  const int down = tokens.rows - wanted.rows + 1, right = tokens.columns - wanted.columns + 1;
  std::vector<float> scores(static_cast<size_t>(down) * right), cosines(tokens.scale.size());
  for (int part = 0; part < parts.across * parts.across; ++part, products += cosines.size()) {
    const Cells cells = cells_of(part, parts.across, wanted);
    if (cells.height == 0 || cells.width == 0) continue;
    to_cosines(tokens, parts.shared[part], products, cosines.data());
    Sums sums(cosines, tokens.rows, tokens.columns);
    for (int r = 0; r < down; ++r) {
      for (int c = 0; c < right; ++c)
        scores[static_cast<size_t>(r) * right + c] +=
            sums.of(r + cells.y, c + cells.x, cells.height, cells.width);
    }
  }
  return *std::ranges::max_element(scores) /
         (static_cast<float>(wanted.rows * wanted.columns) + kDamping);
}

/// Adds a cell's cosines with the tokens, moved so that those of one window meet. scores [down,
/// right]
void add_cell(
    const float* cosines, int columns, int y, int x, int right, std::vector<float>& scores) {
  for (size_t r = 0; r * right < scores.size(); ++r) {
    const float* from = cosines + (r + y) * columns + x;
    float* to = &scores[r * right];
    for (int c = 0; c < right; ++c) to[c] += from[c];
  }
}

/// Where a template fits best; `likeness` is scratch.
Place best_place(const Template& wanted, const Tokens& tokens, std::vector<float>& likeness) {
  if (wanted.rows > tokens.rows || wanted.columns > tokens.columns) return {-2, {}};
  const int cells = wanted.rows * wanted.columns, count = tokens.count();
  const int down = tokens.rows - wanted.rows + 1, right = tokens.columns - wanted.columns + 1;
  products_of(wanted.tokens, tokens, wanted.dim, likeness);  // [cells, tokens]
  std::vector<float> scores(static_cast<size_t>(down) * right);
  for (int cell = 0; cell < cells; ++cell) {
    float* row = &likeness[static_cast<size_t>(cell) * count];
    to_cosines(tokens, wanted.shared[cell], row, row);
    add_cell(row, tokens.columns, cell / wanted.columns, cell % wanted.columns, right, scores);
  }
  const auto best = static_cast<int>(std::ranges::max_element(scores) - scores.begin());
  return {scores[best] / (static_cast<float>(cells) + kDamping),
          {static_cast<double>(best % right) / tokens.columns,
           static_cast<double>(best / right) / tokens.rows,
           static_cast<double>(wanted.columns) / tokens.columns,
           static_cast<double>(wanted.rows) / tokens.rows}};
}

/// Means of parts and their products with what is common.
Parts parts_of(const Template& t, int across) {
  const auto dim = static_cast<size_t>(t.dim);
  Parts out{.across = across};
  out.means.resize(across * across * dim);
  for (int part = 0; part < across * across; ++part) {
    const auto mean = std::span(out.means).subspan(part * dim, dim);
    const Cells cells = cells_of(part, across, t);
    for (int r = cells.y; r < cells.y + cells.height; ++r) {
      for (int c = cells.x; c < cells.x + cells.width; ++c) {
        const float* token = &t.tokens[(static_cast<size_t>(r) * t.columns + c) * dim];
        for (size_t d = 0; d < dim; ++d) mean[d] += token[d];
      }
    }
    for (float& x : mean) x /= static_cast<float>(std::max(cells.height * cells.width, 1));
    out.shared.push_back(std::inner_product(mean.begin(), mean.end(), t.common.begin(), 0.0F));
  }
  return out;
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
  index::normalize_rows(out.tokens, out.dim);
  for (size_t i = 0; i < out.tokens.size(); ++i) out.tokens[i] -= out.common[i % dim];
  index::normalize_rows(out.tokens, out.dim);
  for (auto token = out.tokens.begin(); token != out.tokens.end(); token += out.dim)
    out.shared.push_back(std::inner_product(out.common.begin(), out.common.end(), token, 0.0F));
  for (size_t i = 0; i < kLooks.size(); ++i) out.looks[i] = parts_of(out, kLooks[i]);
  return out;
}

int64_t add_tokens(const collection::TokenCodes& codes, std::vector<double>& sum) {
  const auto dim = static_cast<size_t>(codes.dim);
  for (size_t t = 0; t < codes.scale.size(); ++t) {
    for (size_t d = 0; d < dim; ++d) sum[d] += codes.scale[t] * codes.codes[t * dim + d];
  }
  return codes.tokens();
}

float rough_score(std::span<const Template> wanted,
                  const collection::TokenCodes& codes,
                  size_t look) {
  const Tokens tokens = tokens_of(codes, wanted.front().common);
  std::vector<float> means, products;
  for (const Template& one : wanted)
    means.insert(means.end(), one.looks[look].means.begin(), one.looks[look].means.end());
  products_of(means, tokens, codes.dim, products);
  const size_t each = kLooks[look] * kLooks[look] * tokens.scale.size();
  float best = -1;
  for (size_t i = 0; i < wanted.size(); ++i)
    best =
        std::max(best, best_window(wanted[i], wanted[i].looks[look], &products[i * each], tokens));
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
