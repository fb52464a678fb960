#include "search/places.hpp"

#include <algorithm>
#include <cmath>
#include <set>

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
std::vector<float> tokens_of(const collection::TokenCodes& codes, const std::vector<float>& common) {
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
        at(r + 1, c + 1) = values[static_cast<size_t>(r) * columns + c] + at(r, c + 1) +
                           at(r + 1, c) - at(r, c);
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

struct Size {
  int rows, columns;
  auto operator<=>(const Size&) const = default;
};

/// Window sizes: the region's own, and smaller and larger ones of about its shape.
std::set<Size> sizes_for(const Template& wanted, const collection::TokenCodes& codes) {
  std::set<Size> out;
  for (const double scale : {0.5, 0.7, 1.0, 1.4, 2.0}) {
    out.insert({std::clamp(static_cast<int>(std::lround(wanted.rows * scale)), 1, codes.rows),
                std::clamp(static_cast<int>(std::lround(wanted.columns * scale)), 1, codes.columns)});
  }
  return out;
}

/// For each cell of the window the cell of the region that it stands for.
std::vector<int> cells_of(const Size& size, const Template& wanted) {
  std::vector<int> out;
  for (int r = 0; r < size.rows; ++r) {
    for (int c = 0; c < size.columns; ++c)
      out.push_back((2 * r + 1) * wanted.rows / (2 * size.rows) * wanted.columns +
                    (2 * c + 1) * wanted.columns / (2 * size.columns));
  }
  return out;
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
  const int height = std::clamp(wanted.rows * 2 / 3, 1, codes.rows);
  const int width = std::clamp(wanted.columns * 2 / 3, 1, codes.columns);
  Sums sums(scores, codes.rows, codes.columns);
  float best = -1;
  for (int r = 0; r + height <= codes.rows; ++r) {
    for (int c = 0; c + width <= codes.columns; ++c)
      best = std::max(best, sums.of(r, c, height, width) / static_cast<float>(height * width));
  }
  return best;
}

Place best_place(const Template& wanted, const collection::TokenCodes& codes) {
  const std::vector<float> tokens = tokens_of(codes, wanted.common);
  const int cells = wanted.rows * wanted.columns;
  std::vector<float> likeness(codes.scale.size() * cells);  // [tokens, cells]
  for (size_t t = 0; t < codes.scale.size(); ++t) {
    for (int c = 0; c < cells; ++c)
      likeness[t * cells + c] = dot(tokens.data() + t * wanted.dim,
                                    wanted.tokens.data() + static_cast<size_t>(c) * wanted.dim,
                                    wanted.dim);
  }
  Place best{-2, {}};
  for (const Size& size : sizes_for(wanted, codes)) {
    const std::vector<int> cell = cells_of(size, wanted);
    for (int r = 0; r + size.rows <= codes.rows; ++r) {
      for (int c = 0; c + size.columns <= codes.columns; ++c) {
        float sum = 0;
        for (int y = 0, i = 0; y < size.rows; ++y) {
          for (int x = 0; x < size.columns; ++x, ++i)
            sum += likeness[(static_cast<size_t>(r + y) * codes.columns + c + x) * cells + cell[i]];
        }
        // A single cell may fit by chance: small windows need more.
        const auto n = static_cast<float>(size.rows * size.columns);
        const float score = sum / (n + 1);
        if (score <= best.score) continue;
        best = {score,
                {static_cast<double>(c) / codes.columns,
                 static_cast<double>(r) / codes.rows,
                 static_cast<double>(size.columns) / codes.columns,
                 static_cast<double>(size.rows) / codes.rows}};
      }
    }
  }
  return best;
}

}  // namespace troodon::search
