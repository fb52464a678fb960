#include "annotate/propagate.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>

#include "annotate/cut/pixel_cut.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "exports/outline.hpp"

namespace troodon::annotate {
namespace {

constexpr size_t kMostRows = 768;  // tokens kept of inside, and of outside
constexpr size_t kNearest = 3;     // that vote
constexpr float kWarmth = 0.1F;    // of a patch's score

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

float score_of(const Pattern& pattern,
               const float* token,
               size_t without_inside = SIZE_MAX,
               size_t without_outside = SIZE_MAX) {
  const auto dim = static_cast<size_t>(pattern.dim);
  const float ours = likeness(pattern.inside, token, dim, without_inside);
  return pattern.outside.empty() ? ours
                                 : ours - likeness(pattern.outside, token, dim, without_outside);
}

std::vector<float> scores_of(const Pattern& pattern, const frozen::Tokens& tokens) {
  if (tokens.dim != pattern.dim)
    fail(Exit::input,
         "the example's tokens have {} values and this picture's {}: look at both with one model",
         pattern.dim,
         tokens.dim);
  const std::vector<float> unit = unit_tokens(tokens, pattern.mean);
  std::vector<float> out(unit.size() / pattern.mean.size());
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = score_of(pattern, &unit[i * pattern.mean.size()]);
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
  std::vector<float> ours, theirs;
  for (size_t i = 0; i * dim < pattern.inside.size(); ++i)
    ours.push_back(score_of(pattern, &pattern.inside[i * dim], i, SIZE_MAX));
  for (size_t i = 0; i * dim < pattern.outside.size(); ++i)
    theirs.push_back(score_of(pattern, &pattern.outside[i * dim], SIZE_MAX, i));
  const double high = top_mean(ours, std::max<size_t>(1, ours.size() / 2));
  const double low =
      theirs.empty() ? high - 0.5 : top_mean(theirs, patches_meant(pattern, theirs.size()));
  pattern.high = std::max(high, low + 0.05);
  pattern.low = low;
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
  pattern.threshold = std::min(pattern.threshold, 0.5 * (pattern.high + pattern.low));
}

double presence_of(const Pattern& pattern, const std::vector<float>& scores) {
  const double value = top_mean(scores, patches_meant(pattern, scores.size()));
  return std::clamp((value - pattern.low) / (pattern.high - pattern.low), 0.0, 1.0);
}

/// Patch scores between patches, as chances of the pixels of Sight::small.
std::vector<float> pixel_chances(const Sight& sight,
                                 const Pattern& pattern,
                                 const std::vector<float>& scores) {
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
      const double score =
          (1 - b) * ((1 - a) * scores[top * columns + left] + a * scores[top * columns + right]) +
          b * ((1 - a) * scores[bottom * columns + left] + a * scores[bottom * columns + right]);
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
  return presence_of(pattern, scores_of(pattern, tokens));
}

Mask find(const Pattern& pattern, const Sight& sight) {
  const std::vector<float> scores = scores_of(pattern, sight.tokens);
  const std::vector<float> chances = pixel_chances(sight, pattern, scores);
  Mask out(sight.picture.width, sight.picture.height);
  const std::vector<Fixed> fixed(chances.size(), Fixed::no);
  std::vector<uint8_t> inside = pixel_cut(sight, chances, fixed);
  keep_likely(sight, chances, inside);
  if (std::ranges::none_of(inside, [](uint8_t in) { return in != 0; })) return out;
  out.inside = full_size(sight, inside);
  out.score = presence_of(pattern, scores);
  return out;
}

size_t propagate(const Pattern& pattern,
                 const Pictures& pictures,
                 const std::function<void(Found)>& found,
                 const std::function<bool(size_t, size_t)>& progress,
                 const PropagateOptions& options) {
  std::mutex speaking;
  std::atomic<bool> stop = false;
  size_t done = 0, hits = 0;
  const auto advance = [&] {  // holds `speaking`
    ++done;
    if (progress && !progress(done, pictures.count)) stop = true;
  };
  const auto guarded = [&](size_t i, const auto& body) {
    if (stop || interrupted()) return;
    try {
      body();
    } catch (const Error& error) {
      const std::lock_guard lock(speaking);
      pictures.failed(i, error.what());
      advance();
    }
  };
  std::vector<double> likely(pictures.count, -1);
  parallel_for(
      pictures.count,
      [&](size_t i) {
        guarded(i, [&] {
          const double value = presence(pattern, pictures.tokens(i));
          if (value >= options.least) {
            likely[i] = value;
            return;
          }
          const std::lock_guard lock(speaking);
          advance();
        });
      },
      options.threads);
  std::vector<size_t> order;
  for (size_t i = 0; i < likely.size(); ++i) {
    if (likely[i] >= 0) order.push_back(i);
  }
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return likely[i]; });
  const size_t looked_at =
      options.limit > 0 ? std::min(order.size(), static_cast<size_t>(options.limit)) : order.size();
  parallel_for(
      order.size(),
      [&](size_t n) {
        const size_t i = order[n];
        guarded(i, [&] {
          Mask mask;
          if (n < looked_at)
            mask = find(pattern, sight_of(pictures.picture(i), pictures.tokens(i)));
          const std::lock_guard lock(speaking);
          if (mask.score > 0) {
            ++hits;
            found({.picture = i, .mask = std::move(mask)});
          }
          advance();
        });
      },
      options.threads);
  return hits;
}

std::vector<size_t> review_order(std::span<const double> scores) {
  std::vector<size_t> out(scores.size());
  std::iota(out.begin(), out.end(), size_t{0});
  std::ranges::stable_sort(out, {}, [&](size_t i) { return std::abs(scores[i] - 0.5); });
  return out;
}

}  // namespace troodon::annotate
