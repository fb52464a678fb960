#include "fingerprint/quality.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "image/vectorised.hpp"

namespace troodon::fingerprint {
namespace {

using Histogram = std::array<int, 256>;  ///< pixels of each 8-bit level

int level_of(uint16_t value) {
  return std::min(255, (value + kGreyLevel / 2) / kGreyLevel);
}

double share_between(const Histogram& histogram, int low, int high, size_t pixels) {
  const auto first = histogram.begin() + std::max(0, low);
  const auto last = histogram.begin() + std::min(255, high) + 1;
  return static_cast<double>(std::accumulate(first, last, 0)) / static_cast<double>(pixels);
}

/// The middle of the 13 neighbouring levels that most pixels have.
int commonest_level(const Histogram& histogram, size_t pixels) {
  int best = 0;
  double most = -1;
  for (int level = 0; level < 256; ++level) {
    const double share = share_between(histogram, level - 6, level + 6, pixels);
    if (share > most) best = level, most = share;
  }
  return best;
}

/// Sums over a picture's inside: of the Laplacian, and of the steps between neighbours. In whole
/// numbers, which are exact and vectorise.
struct Texture {
  int64_t laplacian = 0, laplacian_squares = 0, step_squares = 0;
  int64_t laplacians = 0, steps = 0;
};

/// Squares of the steps from a row's pixels to others, `apart` further on.
int64_t squared_steps(const uint16_t* row, int count, int apart) {
  int64_t sum = 0;
  image::vectorised([&sum, row, count, apart ]() __attribute__((always_inline)) {
    int64_t squares = 0;
    for (int x = 0; x < count; ++x) {
      const int32_t step = row[x + apart] - row[x];
      squares += static_cast<uint32_t>(step * step);
    }
    sum = squares;
  });
  return sum;
}

/// Adds the Laplacian of a row but for its ends.
void add_bends(const uint16_t* row, int width, Texture& sums) {
  image::vectorised([&sums, row, width ]() __attribute__((always_inline)) {
    int64_t total = 0, squares = 0;
    for (int x = 1; x + 1 < width; ++x) {
      const int32_t bend =
          row[x - 1] + row[x + 1] + row[x - width] + row[x + width] - 4 * int32_t{row[x]};
      total += bend;
      squares += static_cast<uint32_t>(bend * bend);
    }
    sums.laplacian += total, sums.laplacian_squares += squares;
  });
}

Texture texture_of(const Grey& grey) {
  const int width = grey.width, height = grey.height;
  Texture sums;
  for (int y = 0; y < height; ++y) {
    sums.step_squares += squared_steps(grey.row(y), width - 1, 1);
    if (y + 1 < height) sums.step_squares += squared_steps(grey.row(y), width, width);
    if (y > 0 && y + 1 < height) add_bends(grey.row(y), width, sums);
  }
  sums.steps = int64_t{height} * (width - 1) + int64_t{height - 1} * width;
  sums.laplacians = int64_t{std::max(0, width - 2)} * std::max(0, height - 2);
  return sums;
}

double sharpness_of(const Texture& sums) {
  if (sums.laplacians == 0) return 0;
  const auto n = static_cast<double>(sums.laplacians);
  const double mean = static_cast<double>(sums.laplacian) / n;
  return (static_cast<double>(sums.laplacian_squares) / n - mean * mean) /
         (kGreyLevel * kGreyLevel);
}

/// 1 - the correlation of neighbours: half their mean squared difference by the variance.
double noise_of(const Texture& sums, double contrast) {
  if (sums.steps == 0 || contrast <= 0) return 0;
  const double squares = static_cast<double>(sums.step_squares) / static_cast<double>(sums.steps);
  return std::min(1.0, squares / (2 * contrast * contrast * kGreyLevel * kGreyLevel));
}

constexpr int kCell = 16;              // pixels: two lines of small print at least
constexpr int kPaper = 24, kInk = 40;  // levels from the paper's: at most, at least

/// How often a line of `count` pixels changes between paper and ink. Levels in between leave the
/// state as it is, so that noise on paper is no print.
int crossings(const uint16_t* pixel, int count, int stride, int paper) {
  int changes = 0;
  bool ink = std::abs(level_of(*pixel) - paper) > kInk;
  for (int i = 0; i < count; ++i, pixel += stride) {
    const int distance = std::abs(level_of(*pixel) - paper);
    if (ink ? distance < kPaper : distance > kInk) {
      ink = !ink;
      ++changes;
    }
  }
  return changes;
}

/// Whether lines across or down the cell go from paper to ink and back again and again (through
/// letters or, in small print, through the lines that they have become), with bare paper between,
/// and all ink is darker than the paper, or all brighter: leaves and fur have both.
bool looks_printed(const Grey& grey, const image::Box& cell, int paper) {
  constexpr int kPixels = kCell * kCell;
  int bare = 0, darker = 0, brighter = 0;
  for (int i = 0; i < kCell; ++i) {
    const uint16_t* const row = grey.row(cell.top + i) + cell.left;
    for (int x = 0; x < kCell; ++x) {
      const int above = level_of(row[x]) - paper;
      bare += std::abs(above) <= 10;
      darker += above < -kInk;
      brighter += above > kInk;
    }
  }
  if (bare <= kPixels / 5 || std::min(darker, brighter) >= kPixels / 50) return false;
  int across = 0, down = 0;
  for (int i = 0; i < kCell; ++i) {
    across += crossings(grey.row(cell.top + i) + cell.left, kCell, 1, paper);
    down += crossings(grey.row(cell.top) + cell.left + i, kCell, grey.width, paper);
  }
  return std::max(across, down) > kPixels / 8;
}

double text_of(const Grey& grey, int paper) {
  int cells = 0, printed = 0;
  for (int y = 0; y + kCell <= grey.height; y += kCell) {
    for (int x = 0; x + kCell <= grey.width; x += kCell, ++cells) {
      printed += looks_printed(grey, {y, x, kCell, kCell}, paper);
    }
  }
  return cells == 0 ? 0 : static_cast<double>(printed) / cells;
}

}  // namespace

Quality quality_of(const image::Image& image) {
  return quality_of(reduced(image), image.width, image.height);
}

Quality quality_of(const Grey& grey, int width, int height) {
  Quality out{.width = width, .height = height};
  const size_t pixels = grey.values.size();
  if (pixels == 0) return out;
  Histogram histogram{};
  int64_t sum = 0, squares = 0;
  for (const uint16_t value : grey.values) {
    ++histogram[level_of(value)];
    sum += value;
    squares += int64_t{value} * value;
  }
  const auto n = static_cast<double>(pixels);
  const double mean = static_cast<double>(sum) / n;
  const double variance = std::max(0.0, static_cast<double>(squares) / n - mean * mean);
  const int paper = commonest_level(histogram, pixels);
  const Texture texture = texture_of(grey);
  out.brightness = mean / kGreyLevel;
  out.contrast = std::sqrt(variance) / kGreyLevel;
  out.dark = share_between(histogram, 0, 8, pixels);
  out.bright = share_between(histogram, 247, 255, pixels);
  out.sharpness = sharpness_of(texture);
  out.uniformity = share_between(histogram, paper - 6, paper + 6, pixels);
  out.noise = noise_of(texture, out.contrast);
  out.text = text_of(grey, paper);
  return out;
}

Junk junk_of(const Quality& quality, const JunkLimits& limits) {
  const int shorter = std::min(quality.width, quality.height);
  const int longer = std::max(quality.width, quality.height);
  if (shorter < limits.min_side) return Junk::too_small;
  if (limits.max_aspect > 0 && longer > limits.max_aspect * shorter) return Junk::too_long;
  if (quality.contrast < limits.min_contrast || quality.uniformity > limits.max_uniformity) {
    return Junk::uniform;
  }
  if (quality.noise > limits.max_noise) return Junk::noise;
  if (quality.text > limits.max_text) return Junk::text;
  return Junk::none;
}

std::string name_of(Junk junk) {
  switch (junk) {
    case Junk::none:
      return "";
    case Junk::too_small:
      return "too small";
    case Junk::too_long:
      return "too long";
    case Junk::uniform:
      return "uniform";
    case Junk::noise:
      return "noise";
    case Junk::text:
      return "text";
  }
  return "";
}

}  // namespace troodon::fingerprint
