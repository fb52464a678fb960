#include "search/places.hpp"

#include <algorithm>
#include <cmath>

#include "index/dot.hpp"

namespace troodon::search {
namespace {

void to_unit(std::span<float> x) {
  double squares = 0;
  for (const float v : x) squares += double{v} * v;
  const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 0);
  for (float& v : x) v *= scale;
}

float dot(const float* a, const float* b, int n) {
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// A picture's tokens without what all have in common, unit length.
std::vector<float> tokens_of(const collection::TokenCodes& codes,
                             const std::vector<float>& common) {
  std::vector<float> out(codes.codes.size());
  const auto dim = static_cast<size_t>(codes.dim);
  for (size_t t = 0; t < codes.scale.size(); ++t) {
    for (size_t d = 0; d < dim; ++d)
      out[t * dim + d] = codes.scale[t] * static_cast<float>(codes.codes[t * dim + d]) - common[d];
    to_unit(std::span(out).subspan(t * dim, dim));
  }
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

float rough_score(const Template& wanted, const collection::TokenCodes& codes) {
  // (token - common) . mean, over the token's length without the common part.
  const int dim = wanted.dim;
  const float common_dot = dot(wanted.common.data(), wanted.mean.data(), dim);
  const float common_squares = dot(wanted.common.data(), wanted.common.data(), dim);
  std::vector<float> scores(codes.scale.size());
  for (size_t t = 0; t < scores.size(); ++t) {
    const int8_t* code = codes.codes.data() + t * dim;
    float product = 0, shared = 0;
    for (int d = 0; d < dim; ++d) {
      const auto c = static_cast<float>(code[d]);
      product += c * wanted.mean[d];
      shared += c * wanted.common[d];
    }
    const float squares = 1 - 2 * codes.scale[t] * shared + common_squares;
    scores[t] = (codes.scale[t] * product - common_dot) / std::sqrt(std::max(squares, 1e-6F));
  }
  Sums sums(scores, codes.rows, codes.columns);
  float best = -1;
  const int height = wanted.rows, width = wanted.columns;
  for (int r = 0; r + height <= codes.rows; ++r) {
    for (int c = 0; c + width <= codes.columns; ++c)
      best = std::max(
          best, sums.of(r, c, height, width) / (static_cast<float>(height * width) + kDamping));
  }
  return best;
}

/// Where a template fits best; `likeness` is scratch.
Place best_place(const Template& wanted,
                 const std::vector<float>& tokens,
                 const collection::TokenCodes& codes,
                 std::vector<float>& likeness) {
  Place best{-2, {}};
  const int cells = wanted.rows * wanted.columns, count = codes.tokens();
  if (wanted.rows > codes.rows || wanted.columns > codes.columns) return best;
  likeness.resize(static_cast<size_t>(cells) * count);  // [cells, tokens]
  index::dot_products({wanted.tokens.data(), cells, wanted.dim},
                      {tokens.data(), count, wanted.dim},
                      likeness.data(),
                      count);
  for (int r = 0; r + wanted.rows <= codes.rows; ++r) {
    for (int c = 0; c + wanted.columns <= codes.columns; ++c) {
      float sum = 0;
      for (int y = 0, cell = 0; y < wanted.rows; ++y) {
        for (int x = 0; x < wanted.columns; ++x, ++cell)
          sum += likeness[static_cast<size_t>(cell) * count + (r + y) * codes.columns + c + x];
      }
      const float score = sum / (static_cast<float>(cells) + kDamping);
      if (score <= best.score) continue;
      best = {score,
              {static_cast<double>(c) / codes.columns,
               static_cast<double>(r) / codes.rows,
               static_cast<double>(wanted.columns) / codes.columns,
               static_cast<double>(wanted.rows) / codes.rows}};
    }
  }
  return best;
}

}  // namespace

Template template_of(const Region& region, const std::vector<float>& common) {
  Template out{region.rows, region.columns, region.dim, region.tokens, {}, common};
  const auto dim = static_cast<size_t>(region.dim);
  if (out.common.empty()) out.common.resize(dim);
  out.mean.resize(dim);
  for (size_t t = 0; t * dim < out.tokens.size(); ++t) {
    const auto token = std::span(out.tokens).subspan(t * dim, dim);
    to_unit(token);
    for (size_t d = 0; d < dim; ++d) token[d] -= out.common[d];
    to_unit(token);
    for (size_t d = 0; d < dim; ++d) out.mean[d] += token[d];
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
  float best = -1;
  for (const Template& one : wanted) best = std::max(best, rough_score(one, codes));
  return best;
}

Place best_place(std::span<const Template> wanted, const collection::TokenCodes& codes) {
  const std::vector<float> tokens = tokens_of(codes, wanted.front().common);
  std::vector<float> likeness;
  Place best{-2, {}};
  for (const Template& one : wanted) {
    const Place place = best_place(one, tokens, codes, likeness);
    if (place.score > best.score) best = place;
  }
  return best;
}

}  // namespace troodon::search
