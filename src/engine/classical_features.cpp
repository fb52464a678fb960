#include "engine/classical_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

namespace troodon::engine {
namespace {

constexpr double kEdge = 0.01;  ///< mean gradient (of 1) below which a block counts as flat
constexpr float kClip = 0.2F;   ///< L2-Hys: no number of a normalised block is larger

/// The bin of a colour in 8 x 4 x 4 of hue, saturation, value.
size_t bin_of(int r, int g, int b) {
  const int high = std::max({r, g, b}), range = high - std::min({r, g, b});
  double hue = 0;  // in sixths of a turn
  if (range > 0) {
    const double scale = 1.0 / range;
    if (high == r)
      hue = (g - b) * scale;
    else if (high == g)
      hue = 2 + (b - r) * scale;
    else
      hue = 4 + (r - g) * scale;
    if (hue < 0) hue += 6;
  }
  const auto hue_bin = std::min(static_cast<size_t>(hue * 8 / 6), size_t{7});
  const auto saturation = static_cast<size_t>(high == 0 ? 0 : std::min(4 * range / high, 3));
  return (hue_bin * 4 + saturation) * 4 + static_cast<size_t>(high / 64);
}

/// sRGB's 256 values as light.
const std::array<double, 256>& light() {
  static const auto table = [] {
    std::array<double, 256> out{};
    for (size_t i = 0; i < out.size(); ++i) {
      const double v = static_cast<double>(i) / 255;
      out[i] = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    }
    return out;
  }();
  return table;
}

/// CIE Lab / 100 of 8-bit sRGB.
std::array<double, 3> lab(const uint8_t* rgb) {
  const double r = light()[rgb[0]], g = light()[rgb[1]], b = light()[rgb[2]];
  const auto curve = [](double t) {
    return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  };
  const double x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const double y = curve(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
  const double z = curve((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
  return {1.16 * y - 0.16, 5 * (x - y), 2 * (y - z)};
}

/// Count, sums and sums of squares of three channels.
using Moments = std::array<double, 7>;

void append_mean_and_deviation(const Moments& m, std::vector<float>& out) {
  const double n = std::max(m[0], 1.0);
  for (size_t c = 0; c < 3; ++c) out.push_back(static_cast<float>(m[1 + c] / n));
  for (size_t c = 0; c < 3; ++c) {
    const double mean = m[1 + c] / n;
    out.push_back(static_cast<float>(std::sqrt(std::max(m[4 + c] / n - mean * mean, 0.0))));
  }
}

/// Which of `cells` a pixel of `pixels` lies in.
int64_t cell_of(int64_t pixel, int64_t pixels, int64_t cells) {
  return pixel * cells / pixels;
}

struct Gradient {
  double length = 0, angle = 0;  ///< of 1; in turns of half a circle, 0 to 1
};

/// Of the channel where it is longest.
Gradient gradient_at(const image::Image& picture, int x, int y) {
  const uint8_t* left = picture.row(y) + 3 * std::max(x - 1, 0);
  const uint8_t* right = picture.row(y) + 3 * std::min(x + 1, picture.width - 1);
  const uint8_t* up = picture.row(std::max(y - 1, 0)) + 3 * x;
  const uint8_t* down = picture.row(std::min(y + 1, picture.height - 1)) + 3 * x;
  int best_x = 0, best_y = 0;
  for (int c = 0; c < 3; ++c) {
    const int dx = right[c] - left[c], dy = down[c] - up[c];
    if (dx * dx + dy * dy > best_x * best_x + best_y * best_y) best_x = dx, best_y = dy;
  }
  if (best_x == 0 && best_y == 0) return {};
  double angle = std::atan2(best_y, best_x) / std::numbers::pi;
  if (angle < 0) angle += 1;
  const double length = std::sqrt(static_cast<double>(best_x * best_x + best_y * best_y)) / 255;
  return {length, angle >= 1 ? 0 : angle};
}

/// Two neighbours on a line and how much of a thing is the second's.
struct Between {
  int64_t first;
  double second_share;
};

Between between(double place) {
  const double below = std::floor(place);
  return {static_cast<int64_t>(below), place - below};
}

/// Where a pixel's middle lies between the middles of cells.
Between cells_at(int pixel, int pixels, int64_t cells) {
  return between((pixel + 0.5) * static_cast<double>(cells) / pixels - 0.5);
}

/// Divides a block by its length, cuts what stands out, and divides again.
void normalise(std::span<float> block) {
  const auto divide = [&](double least) {
    double square = least * least;
    for (const float v : block) square += static_cast<double>(v) * v;
    const double length = std::max(std::sqrt(square), 1e-12);
    for (float& v : block) v = static_cast<float>(v / length);
  };
  divide(kEdge);
  for (float& v : block) v = std::min(v, kClip);
  divide(0);
}

/// A block of 2 x 2 cells whose upper left one is this; cells beyond the edge are those at it.
std::array<float, kCellHog> block_at(
    const std::vector<float>& cells, int64_t rows, int64_t columns, int64_t top, int64_t left) {
  std::array<float, kCellHog> out{};
  for (int64_t i = 0; i < 4; ++i) {
    const int64_t y = std::clamp<int64_t>(top + i / 2, 0, rows - 1);
    const int64_t x = std::clamp<int64_t>(left + i % 2, 0, columns - 1);
    std::copy_n(cells.begin() + (y * columns + x) * kOrientations,
                kOrientations,
                out.begin() + i * kOrientations);
  }
  normalise(out);
  return out;
}

}  // namespace

std::vector<float> colour_histogram(const image::Image& picture) {
  std::vector<int64_t> counts(kColourBins);
  const size_t pixels = picture.pixels.size() / 3;
  for (size_t i = 0; i < pixels; ++i) {
    const uint8_t* rgb = picture.pixels.data() + 3 * i;
    ++counts[bin_of(rgb[0], rgb[1], rgb[2])];
  }
  std::vector<float> out;
  for (const int64_t count : counts)
    out.push_back(
        static_cast<float>(std::sqrt(static_cast<double>(count) / static_cast<double>(pixels))));
  return out;
}

std::vector<float> colour_of_cells(const image::Image& picture, int64_t rows, int64_t columns) {
  std::vector<Moments> cells(static_cast<size_t>(rows * columns));
  for (int y = 0; y < picture.height; ++y) {
    const int64_t row = cell_of(y, picture.height, rows);
    for (int x = 0; x < picture.width; ++x) {
      Moments& m = cells[static_cast<size_t>(row * columns + cell_of(x, picture.width, columns))];
      const auto colour = lab(picture.row(y) + 3 * x);
      m[0] += 1;
      for (size_t c = 0; c < 3; ++c) m[1 + c] += colour[c], m[4 + c] += colour[c] * colour[c];
    }
  }
  std::vector<float> out;
  for (int64_t cell = 0; cell < rows * columns; ++cell) {
    Moments around{};
    for (int64_t y = std::max<int64_t>(cell / columns - 1, 0);
         y <= std::min(cell / columns + 1, rows - 1);
         ++y) {
      for (int64_t x = std::max<int64_t>(cell % columns - 1, 0);
           x <= std::min(cell % columns + 1, columns - 1);
           ++x) {
        const Moments& m = cells[static_cast<size_t>(y * columns + x)];
        for (size_t i = 0; i < m.size(); ++i) around[i] += m[i];
      }
    }
    append_mean_and_deviation(cells[static_cast<size_t>(cell)], out);
    append_mean_and_deviation(around, out);
  }
  return out;
}

std::vector<float> gradients_of_cells(const image::Image& picture, int64_t rows, int64_t columns) {
  std::vector<double> sums(static_cast<size_t>(rows * columns * kOrientations));
  for (int y = 0; y < picture.height; ++y) {
    const Between row = cells_at(y, picture.height, rows);
    for (int x = 0; x < picture.width; ++x) {
      const Gradient gradient = gradient_at(picture, x, y);
      if (gradient.length == 0) continue;
      const Between column = cells_at(x, picture.width, columns);
      const Between bin = between(gradient.angle * kOrientations - 0.5);
      for (int corner = 0; corner < 8; ++corner) {
        const int64_t down = corner / 4, right = corner / 2 % 2, turn = corner % 2;
        const int64_t to_row = row.first + down, to_column = column.first + right;
        if (to_row < 0 || to_row >= rows || to_column < 0 || to_column >= columns) continue;
        const auto share = [](const Between& b, int64_t second) {
          return second == 1 ? b.second_share : 1 - b.second_share;
        };
        const int64_t to_bin = (bin.first + turn + kOrientations) % kOrientations;
        sums[static_cast<size_t>((to_row * columns + to_column) * kOrientations + to_bin)] +=
            gradient.length * share(row, down) * share(column, right) * share(bin, turn);
      }
    }
  }
  const double pixels = static_cast<double>(picture.height) * picture.width;
  const double scale = static_cast<double>(rows * columns) / pixels;
  std::vector<float> out;
  for (const double sum : sums) out.push_back(static_cast<float>(sum * scale));
  return out;
}

std::vector<float> hog_blocks(const std::vector<float>& cells, int64_t rows, int64_t columns) {
  std::vector<float> out;
  for (int64_t top = 0; top + 1 < rows; ++top) {
    for (int64_t left = 0; left + 1 < columns; ++left) {
      const auto block = block_at(cells, rows, columns, top, left);
      out.insert(out.end(), block.begin(), block.end());
    }
  }
  return out;
}

std::vector<float> hog_of_cells(const std::vector<float>& cells, int64_t rows, int64_t columns) {
  std::vector<float> out;
  for (int64_t cell = 0; cell < rows * columns; ++cell) {
    for (int64_t i = 0; i < 4; ++i) {  // the cell is each block's lower right, ..., upper left
      const auto block =
          block_at(cells, rows, columns, cell / columns - 1 + i / 2, cell % columns - 1 + i % 2);
      const auto* own = block.data() + (3 - i) * kOrientations;
      out.insert(out.end(), own, own + kOrientations);
    }
  }
  return out;
}

}  // namespace troodon::engine
