#include "explore/map_picture.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "image/resize.hpp"

namespace troodon::explore {
namespace {

constexpr int kThumbnail = 40;  ///< pixels of the longer side
constexpr int kFrame = 2;
constexpr uint8_t kPaper = 250;

struct Sheet {
  image::Image picture;
  int side;

  explicit Sheet(int pixels) : picture(pixels, pixels), side(pixels) {
    std::ranges::fill(picture.pixels, kPaper);
  }
  void dot(int x, int y, const std::array<uint8_t, 3>& colour) {
    if (x < 0 || y < 0 || x >= side || y >= side) return;
    std::copy_n(colour.begin(), 3, picture.row(y) + 3 * static_cast<ptrdiff_t>(x));
  }
  void disc(int x, int y, int radius, const std::array<uint8_t, 3>& colour) {
    for (int v = -radius; v <= radius; ++v) {
      for (int u = -radius; u <= radius; ++u)
        if (u * u + v * v <= radius * radius) dot(x + u, y + v, colour);
    }
  }
  void framed(int x, int y, const image::Image& small, const std::array<uint8_t, 3>& colour) {
    const int left = x - small.width / 2, top = y - small.height / 2;
    for (int v = -kFrame; v < small.height + kFrame; ++v) {
      for (int u = -kFrame; u < small.width + kFrame; ++u) {
        const bool inside = u >= 0 && v >= 0 && u < small.width && v < small.height;
        const uint8_t* from = inside ? small.row(v) + 3 * static_cast<ptrdiff_t>(u) : colour.data();
        dot(left + u, top + v, {from[0], from[1], from[2]});
      }
    }
  }
};

image::Image thumbnail(const image::Image& image) {
  const double scale = static_cast<double>(kThumbnail) / std::max(image.width, image.height);
  const auto scaled = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(pixels * scale)));
  };
  return image::resize(image, scaled(image.width), scaled(image.height));
}

/// The first row of each cell of a grid that has one: these have room.
std::vector<int64_t> with_room(const std::vector<float>& places, int cells, int64_t most) {
  std::vector<uint8_t> taken(static_cast<size_t>(cells) * cells, 0);
  std::vector<int64_t> out;
  const auto cell = [&](float at) {
    return std::clamp(static_cast<int>((at + 1) / 2 * static_cast<float>(cells)), 0, cells - 1);
  };
  for (size_t row = 0; 2 * row < places.size(); ++row) {
    uint8_t& mark =
        taken[static_cast<size_t>(cell(places[2 * row + 1])) * cells + cell(places[2 * row])];
    if (mark != 0 || static_cast<int64_t>(out.size()) == most) continue;
    mark = 1;
    out.push_back(static_cast<int64_t>(row));
  }
  return out;
}

}  // namespace

std::array<uint8_t, 3> cluster_colour(size_t cluster) {
  // Hues a golden angle apart, in OKLab at one lightness (Ottosson 2020).
  const double angle = 2.399963 * static_cast<double>(cluster) + 0.6;
  const double lightness = cluster % 2 == 0 ? 0.62 : 0.5;
  const double a = 0.13 * std::cos(angle), b = 0.13 * std::sin(angle);
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  const auto byte = [](double linear) {
    const double c = std::clamp(linear, 0.0, 1.0);
    const double level = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
    return static_cast<uint8_t>(std::lround(255 * level));
  };
  return {byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

image::Image map_picture(const Exploration& exploration,
                         const Thumbnails& thumbnails,
                         int side,
                         int64_t most) {
  Sheet sheet(side);
  const int margin = kThumbnail / 2 + kFrame + 1;
  const auto& places = exploration.places;
  const auto pixel = [&](float at) {
    return static_cast<int>(std::lround(margin + (at + 1) / 2 * (side - 1 - 2 * margin)));
  };
  const auto colour = [&](size_t row) { return cluster_colour(exploration.clusters.cluster[row]); };
  for (size_t row = 0; 2 * row < places.size(); ++row)
    sheet.disc(pixel(places[2 * row]), pixel(places[2 * row + 1]), 3, colour(row));
  if (!thumbnails) return std::move(sheet.picture);
  const int cells = std::max(1, side / (kThumbnail + 2 * kFrame));
  for (const int64_t row : with_room(places, cells, most)) {
    const auto picture = thumbnails(row);
    if (!picture || picture->empty()) continue;
    const auto at = static_cast<size_t>(row);
    sheet.framed(pixel(places[2 * at]), pixel(places[2 * at + 1]), thumbnail(*picture), colour(at));
  }
  return std::move(sheet.picture);
}

}  // namespace troodon::explore
