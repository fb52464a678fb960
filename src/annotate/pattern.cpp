#include "annotate/pattern.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "annotate/cut/pixel_cut.hpp"
#include "base/error.hpp"
#include "exports/outline.hpp"

namespace troodon::annotate {
namespace {

constexpr size_t kMostRows = 768;  // tokens kept of inside, and of outside
constexpr size_t kNearest = 3;     // that vote
constexpr float kWarmth = 0.1F;    // of a patch's score
// Of the likeness that a pattern's patches have to each other, what patches of another picture have
// if it isn't there, and if it surely is. Few patches can't tell what they have.
constexpr double kStrange = 0.4, kSame = 0.9, kLeastAlike = 0.8;

/// Tokens without the common part, of unit length. [patches, dim]
std::vector<float> unit_tokens(const frozen::Tokens& tokens, std::span<const float> mean) {
  const float* values = tokens.patches(tokens.layers - 1);
  std::vector<float> out(values, values + tokens.rows * tokens.columns * tokens.dim);
  for (size_t i = 0; i < out.size(); i += mean.size()) {
    double sum = 0;
    for (size_t d = 0; d < mean.size(); ++d) {
      out[i + d] -= mean[d];
      sum += double{out[i + d]} * out[i + d];
    }
    const auto scale = static_cast<float>(1 / std::sqrt(std::max(sum, 1e-12)));
    for (size_t d = 0; d < mean.size(); ++d) out[i + d] *= scale;
  }
  return out;
}

/// Share of each patch that the mask covers, [rows * columns].
std::vector<float> covered(const frozen::Tokens& tokens, const Mask& mask) {
  const auto patches = static_cast<size_t>(tokens.rows * tokens.columns);
  std::vector<float> sum(patches, 0), count(patches, 0);
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      const auto patch = static_cast<size_t>(y * tokens.rows / mask.height * tokens.columns +
                                             x * tokens.columns / mask.width);
      sum[patch] += mask.at(x, y) ? 1 : 0;
      ++count[patch];
    }
  }
  for (size_t i = 0; i < patches; ++i) sum[i] /= std::max(count[i], 1.0F);
  return sum;
}

/// Mean cosine with the `kNearest` most alike rows, leaving out row `without`.
float likeness(std::span<const float> rows, const float* token, size_t dim, size_t without) {
  std::array<float, kNearest> best;
  best.fill(-1);
  for (size_t i = 0; i * dim < rows.size(); ++i) {
    if (i == without) continue;
    const float* row = &rows[i * dim];
    float cosine = 0;
    for (size_t d = 0; d < dim; ++d) cosine += row[d] * token[d];
    if (cosine <= best.back()) continue;
    best.back() = cosine;
    for (size_t k = kNearest - 1; k > 0 && best[k] > best[k - 1]; --k)
      std::swap(best[k], best[k - 1]);
  }
  const size_t n = std::min(kNearest, rows.size() / dim - (without != SIZE_MAX ? 1 : 0));
  return n == 0 ? -1
                : std::accumulate(best.begin(), best.begin() + static_cast<ptrdiff_t>(n), 0.0F) /
                      static_cast<float>(n);
}

/// What a patch has in common with the pattern.
struct Fit {
  float score;   ///< likeness to what is inside, less that to what is outside
  float inside;  ///< the former alone
};

Fit fit_of(const Pattern& pattern,
           const float* token,
           size_t without_inside = SIZE_MAX,
           size_t without_outside = SIZE_MAX) {
  const auto dim = static_cast<size_t>(pattern.dim);
  const float ours = likeness(pattern.inside, token, dim, without_inside);
  if (pattern.outside.empty()) return {ours, ours};
  return {ours - likeness(pattern.outside, token, dim, without_outside), ours};
}

std::vector<Fit> fits_of(const Pattern& pattern, const frozen::Tokens& tokens) {
  if (tokens.dim != pattern.dim)
    fail(Exit::input,
         "the example's tokens have {} values and this picture's {}: look at both with one model",
         pattern.dim,
         tokens.dim);
  const std::vector<float> unit = unit_tokens(tokens, pattern.mean);
  std::vector<Fit> out;
  for (size_t i = 0; i < unit.size(); i += pattern.mean.size())
    out.push_back(fit_of(pattern, &unit[i]));
  return out;
}

/// Every n-th row, so that at most kMostRows are left.
void thin(std::vector<float>& rows, size_t dim) {
  const size_t count = rows.size() / dim;
  if (count <= kMostRows) return;
  std::vector<float> out;
  for (size_t i = 0; i < kMostRows; ++i) {
    const auto from = rows.begin() + static_cast<ptrdiff_t>(i * count / kMostRows * dim);
    out.insert(out.end(), from, from + static_cast<ptrdiff_t>(dim));
  }
  rows = std::move(out);
}

/// Mean of the highest values, so many of them.
double top_mean(std::vector<float> values, size_t count) {
  count = std::clamp<size_t>(count, 1, values.size());
  std::ranges::nth_element(
      values, values.begin() + static_cast<ptrdiff_t>(count - 1), std::greater<>());
  return std::accumulate(values.begin(), values.begin() + static_cast<ptrdiff_t>(count), 0.0) /
         static_cast<double>(count);
}

size_t patches_meant(const Pattern& pattern, size_t patches) {
  return std::max<size_t>(1,
                          static_cast<size_t>(0.5 * pattern.share * static_cast<double>(patches)));
}

/// What separates the examples' own patches best, each judged by the others.
void calibrate(Pattern& pattern) {
  const auto dim = static_cast<size_t>(pattern.dim);
  std::vector<float> ours, theirs, alike;
  for (size_t i = 0; i * dim < pattern.inside.size(); ++i) {
    const Fit fit = fit_of(pattern, &pattern.inside[i * dim], i, SIZE_MAX);
    ours.push_back(fit.score), alike.push_back(fit.inside);
  }
  for (size_t i = 0; i * dim < pattern.outside.size(); ++i)
    theirs.push_back(fit_of(pattern, &pattern.outside[i * dim], SIZE_MAX, i).score);
  const double high = top_mean(ours, ours.size() / 2);
  const double low =
      theirs.empty() ? high - 0.5 : top_mean(theirs, patches_meant(pattern, theirs.size()));
  pattern.alike = std::max(top_mean(alike, alike.size() / 2), kLeastAlike);
  std::vector<float> levels = ours;
  std::ranges::sort(levels);
  double best = -1;
  for (const float level : levels) {
    const auto above = [&](const std::vector<float>& v) {
      return static_cast<double>(std::ranges::count_if(v, [&](float s) { return s >= level; }));
    };
    const double hit = above(ours), iou = hit / (static_cast<double>(ours.size()) + above(theirs));
    if (iou > best) best = iou, pattern.threshold = level;
  }
  // A threshold at the edge of the examples is too high for others.
  pattern.threshold = std::min(pattern.threshold, 0.5 * (std::max(high, low + 0.05) + low));
}

/// How alike the patches that fit best are to the pattern's own: their scores would only say that
/// they are nearer to what was inside than to what was outside, and some always are.
double presence_of(const Pattern& pattern, std::vector<Fit> fits) {
  const auto best = fits.begin() + static_cast<ptrdiff_t>(patches_meant(pattern, fits.size()));
  std::ranges::nth_element(fits, best - 1, std::greater<>(), &Fit::score);
  double inside = 0;
  for (auto fit = fits.begin(); fit != best; ++fit) inside += fit->inside;
  const double alike = inside / static_cast<double>(best - fits.begin()) / pattern.alike;
  return std::clamp((alike - kStrange) / (kSame - kStrange), 0.0, 1.0);
}

/// Patch scores between patches, as chances of the pixels of Sight::small.
std::vector<float> pixel_chances(const Sight& sight,
                                 const Pattern& pattern,
                                 const std::vector<Fit>& fits) {
  const int width = sight.small.width, height = sight.small.height;
  const int64_t rows = sight.tokens.rows, columns = sight.tokens.columns;
  std::vector<float> out(sight.cell.size());
  for (int y = 0; y < height; ++y) {
    const double v = std::clamp((y + 0.5) * rows / height - 0.5, 0.0, rows - 1.0);
    const auto top = static_cast<int64_t>(v), bottom = std::min(top + 1, rows - 1);
    for (int x = 0; x < width; ++x) {
      const double u = std::clamp((x + 0.5) * columns / width - 0.5, 0.0, columns - 1.0);
      const auto left = static_cast<int64_t>(u), right = std::min(left + 1, columns - 1);
      const double a = u - static_cast<double>(left), b = v - static_cast<double>(top);
      const auto at = [&](int64_t row, int64_t column) {
        return fits[row * columns + column].score;
      };
      const double score = (1 - b) * ((1 - a) * at(top, left) + a * at(top, right)) +
                           b * ((1 - a) * at(bottom, left) + a * at(bottom, right));
      out[static_cast<size_t>(y) * width + x] =
          static_cast<float>(1 / (1 + std::exp(-(score - pattern.threshold) / kWarmth)));
    }
  }
  return out;
}

/// Drops regions that are much smaller than the largest, or unlikely.
void keep_likely(const Sight& sight,
                 const std::vector<float>& chances,
                 std::vector<uint8_t>& inside) {
  std::vector<int32_t> labels(inside.size());
  std::ranges::transform(inside, labels.begin(), [](uint8_t in) { return in != 0 ? 0 : -1; });
  const auto part = exports::region_numbers({sight.small.width, sight.small.height, labels});
  std::vector<double> mass;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] < 0) continue;
    if (static_cast<size_t>(part[i]) >= mass.size()) mass.resize(static_cast<size_t>(part[i]) + 1);
    mass[part[i]] += chances[i];
  }
  const double most = mass.empty() ? 0 : *std::ranges::max_element(mass);
  for (size_t i = 0; i < part.size(); ++i)
    inside[i] = part[i] >= 0 && mass[part[i]] >= 0.15 * most ? 1 : 0;
}

}  // namespace

Pattern pattern_of(std::span<const Example> examples) {
  if (examples.empty()) fail(Exit::input, "without an example there is nothing to look for");
  Pattern out{.dim = examples[0].tokens->dim};
  const auto dim = static_cast<size_t>(out.dim);
  std::vector<double> sum(dim, 0);
  double count = 0;
  for (const Example& one : examples) {
    if (one.tokens->layers == 0 || one.tokens->dim != out.dim)
      fail(Exit::input, "examples must be looked at with one model");
    const auto patches = static_cast<size_t>(one.tokens->rows * one.tokens->columns);
    const float* values = one.tokens->patches(one.tokens->layers - 1);
    for (size_t i = 0; i < patches * dim; ++i) sum[i % dim] += values[i];
    count += static_cast<double>(patches);
    const int64_t area = area_of(*one.mask);
    if (area == 0) fail(Exit::input, "an example's mask is empty: mark what to look for");
    out.share += static_cast<double>(area) / static_cast<double>(one.mask->inside.size()) /
                 static_cast<double>(examples.size());
  }
  for (const double s : sum) out.mean.push_back(static_cast<float>(s / count));
  for (const Example& one : examples) {
    const std::vector<float> unit = unit_tokens(*one.tokens, out.mean);
    const std::vector<float> cover = covered(*one.tokens, *one.mask);
    const float enough = std::min(0.5F, *std::ranges::max_element(cover));
    for (size_t i = 0; i < cover.size(); ++i) {
      if (cover[i] < enough && cover[i] > 0.05F) continue;  // half of each says little
      auto& rows = cover[i] >= enough ? out.inside : out.outside;
      rows.insert(rows.end(), &unit[i * dim], &unit[i * dim] + dim);
    }
  }
  thin(out.inside, dim);
  thin(out.outside, dim);
  calibrate(out);
  return out;
}

double presence(const Pattern& pattern, const frozen::Tokens& tokens) {
  return presence_of(pattern, fits_of(pattern, tokens));
}

Mask find(const Pattern& pattern, const Sight& sight) {
  const std::vector<Fit> fits = fits_of(pattern, sight.tokens);
  const std::vector<float> chances = pixel_chances(sight, pattern, fits);
  Mask out(sight.picture.width, sight.picture.height);
  const std::vector<Fixed> fixed(chances.size(), Fixed::no);
  std::vector<uint8_t> inside = pixel_cut(sight, chances, fixed);
  keep_likely(sight, chances, inside);
  if (std::ranges::none_of(inside, [](uint8_t in) { return in != 0; })) return out;
  out.inside = full_size(sight, inside);
  out.score = presence_of(pattern, fits);
  return out;
}

}  // namespace troodon::annotate
