#include "report/draw.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace troodon::report {
namespace {

constexpr uint8_t kGrey = 128;

void require_length(std::string_view what, size_t have, Grid grid, size_t channels = 1) {
  const size_t want = grid.rows < 0 || grid.columns < 0
                          ? 0
                          : static_cast<size_t>(grid.rows) * static_cast<size_t>(grid.columns);
  if (want == 0 || have != want * channels) {
    fail("{} holds {} values, a grid of {} x {} wants {}",
         what,
         have,
         grid.rows,
         grid.columns,
         want * channels);
  }
}

void require_enlargeable(const image::Image& image, int width, int height) {
  if (image.empty() || width < 1 || height < 1) {
    fail(
        "cannot enlarge a picture of {} x {} to {} x {}", image.width, image.height, width, height);
  }
}

uint8_t mixed(double below, double above, double share) {
  return static_cast<uint8_t>(std::lround(below + (above - below) * std::clamp(share, 0.0, 1.0)));
}

/// 0..1 -> 0..255; NaN stays visible as grey instead of posing as a value.
uint8_t byte_of(float value) {
  if (std::isnan(value)) return kGrey;
  return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * 255));
}

/// Linear sRGB of an OKLab colour (B. Ottosson, "A perceptual color space", 2020).
std::array<double, 3> linear_rgb(double lightness, double a, double b) {
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

uint8_t encoded(double linear) {
  const double c = std::clamp(linear, 0.0, 1.0);
  const double srgb = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
  return static_cast<uint8_t>(std::lround(255 * srgb));
}

/// Where an enlarged row or column reads: two neighbours and the weight of the second.
struct Tap {
  int first, second;
  double weight;
};

std::vector<Tap> taps(int from, int to) {
  std::vector<Tap> out;
  for (int i = 0; i < to; ++i) {
    const double at = std::clamp((i + 0.5) * from / to - 0.5, 0.0, from - 1.0);
    const int first = static_cast<int>(at);
    out.push_back({first, std::min(first + 1, from - 1), at - first});
  }
  return out;
}

void paste(const image::Image& picture, int left, int top, image::Image& onto) {
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.row(y), picture.width * 3, onto.row(top + y) + left * 3);
  }
}

}  // namespace

image::Image overlay_mask(const image::Image& image,
                          std::span<const uint8_t> mask,
                          Grid grid,
                          const MaskStyle& style) {
  require_length("mask", mask.size(), grid);
  image::Image out = image;
  for (int y = 0; y < out.height; ++y) {
    const int64_t r = int64_t{y} * grid.rows / out.height;
    for (int x = 0; x < out.width; ++x) {
      const int64_t c = int64_t{x} * grid.columns / out.width;
      if (mask[static_cast<size_t>(r * grid.columns + c)] == 0) continue;
      uint8_t* pixel = out.row(y) + x * 3;
      for (size_t k = 0; k < 3; ++k) pixel[k] = mixed(pixel[k], style.colour[k], style.opacity);
    }
  }
  return out;
}

image::Image blend(const image::Image& below, const image::Image& above, double opacity) {
  if (below.width != above.width || below.height != above.height) {
    fail("cannot blend pictures of {} x {} and {} x {}",
         below.width,
         below.height,
         above.width,
         above.height);
  }
  image::Image out = below;
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    out.pixels[i] = mixed(below.pixels[i], above.pixels[i], opacity);
  }
  return out;
}

image::Image enlarge_nearest(const image::Image& image, int width, int height) {
  require_enlargeable(image, width, height);
  image::Image out(width, height);
  for (int y = 0; y < height; ++y) {
    const uint8_t* from = image.row(static_cast<int>(int64_t{y} * image.height / height));
    for (int x = 0; x < width; ++x) {
      std::copy_n(from + int64_t{x} * image.width / width * 3, 3, out.row(y) + x * 3);
    }
  }
  return out;
}

image::Image enlarge_bilinear(const image::Image& image, int width, int height) {
  require_enlargeable(image, width, height);
  image::Image out(width, height);
  const auto columns = taps(image.width, width), rows = taps(image.height, height);
  for (int y = 0; y < height; ++y) {
    const auto& [above, below, down] = rows[static_cast<size_t>(y)];
    for (int x = 0; x < width; ++x) {
      const auto& [left, right, across] = columns[static_cast<size_t>(x)];
      for (int k = 0; k < 3; ++k) {
        const auto along = [&](int row) {
          return std::lerp<double, double>(
              image.row(row)[left * 3 + k], image.row(row)[right * 3 + k], across);
        };
        out.row(y)[x * 3 + k] = mixed(along(above), along(below), down);
      }
    }
  }
  return out;
}

image::Image sheet(std::span<const image::Image> pictures, const SheetStyle& style) {
  if (pictures.empty()) return {};
  if (style.columns < 1 || style.padding < 0) {
    fail(
        "a sheet of {} columns with a padding of {} cannot be drawn", style.columns, style.padding);
  }
  int width = 0, height = 0;
  for (const auto& picture : pictures) {
    width = std::max(width, picture.width), height = std::max(height, picture.height);
  }
  const int count = static_cast<int>(pictures.size()), columns = std::min(style.columns, count);
  const int rows = (count + columns - 1) / columns, gap = style.padding;
  image::Image out(columns * (width + gap) + gap, rows * (height + gap) + gap);
  for (size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = style.background[i % 3];
  for (int i = 0; i < count; ++i) {
    const image::Image& picture = pictures[static_cast<size_t>(i)];
    paste(picture,
          gap + i % columns * (width + gap) + (width - picture.width) / 2,
          gap + i / columns * (height + gap) + (height - picture.height) / 2,
          out);
  }
  return out;
}

std::vector<image::Image> cut_grids(std::span<const uint8_t> rgb, int side) {
  const size_t bytes = 3 * static_cast<size_t>(side) * static_cast<size_t>(side);
  if (bytes == 0 || rgb.size() % bytes != 0) {
    fail("cut_grids: {} bytes are no whole number of grids of side {}", rgb.size(), side);
  }
  std::vector<image::Image> out;
  for (size_t from = 0; from < rgb.size(); from += bytes) {
    std::copy_n(rgb.begin() + static_cast<std::ptrdiff_t>(from),
                bytes,
                out.emplace_back(side, side).pixels.begin());
  }
  return out;
}

Colour heat_colour(double t) {
  if (std::isnan(t)) return {kGrey, kGrey, kGrey};
  t = std::clamp(t, 0.0, 1.0);
  const double lightness = 0.16 + 0.80 * t;
  const double hue = (290 + 180 * t) * std::numbers::pi / 180;  // violet, red, orange, yellow
  double chroma = 0.05 + 0.15 * std::sin(std::numbers::pi * std::min(1.0, 0.1 + t * 0.85));
  // The most colour that a screen can show at this lightness and hue, so that lightness holds.
  for (;; chroma -= 0.002) {
    const auto rgb = linear_rgb(lightness, chroma * std::cos(hue), chroma * std::sin(hue));
    const auto [low, high] = std::minmax_element(rgb.begin(), rgb.end());
    if (chroma <= 0 || (*low >= 0 && *high <= 1)) {
      return {encoded(rgb[0]), encoded(rgb[1]), encoded(rgb[2])};
    }
  }
}

image::Image heat_map(std::span<const float> values,
                      Grid grid,
                      std::optional<std::pair<float, float>> range) {
  require_length("heat map", values.size(), grid);
  double low = range ? range->first : std::numeric_limits<double>::infinity();
  double high = range ? range->second : -low;
  if (!range) {
    for (const float v : values) {
      if (std::isfinite(v)) low = std::min<double>(low, v), high = std::max<double>(high, v);
    }
  }
  image::Image out(grid.columns, grid.rows);
  for (size_t i = 0; i < values.size(); ++i) {
    const double t = high > low ? (values[i] - low) / (high - low) : 0.5;
    const Colour colour = heat_colour(std::isnan(values[i]) ? values[i] : t);
    std::copy_n(colour.begin(), 3, out.pixels.begin() + static_cast<std::ptrdiff_t>(i * 3));
  }
  return out;
}

image::Image rgb_grid(std::span<const float> rgb, Grid grid) {
  require_length("RGB grid", rgb.size(), grid, 3);
  image::Image out(grid.columns, grid.rows);
  std::transform(rgb.begin(), rgb.end(), out.pixels.begin(), byte_of);
  return out;
}

}  // namespace troodon::report
