#include "match/draw.hpp"

#include <algorithm>
#include <cmath>

#include "image/resize.hpp"

namespace troodon::match {
namespace {

constexpr std::array<uint8_t, 3> kRim = {20, 20, 24}, kDoubtful = {150, 150, 150};

void mix_in(image::Image& picture, int x, int y, double share, std::array<uint8_t, 3> colour) {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height || share <= 0) return;
  uint8_t* pixel = picture.row(y) + static_cast<ptrdiff_t>(x) * 3;
  for (int c = 0; c < 3; ++c)
    pixel[c] = static_cast<uint8_t>(
        std::lround(pixel[c] + std::min(share, 1.0) * (colour[static_cast<size_t>(c)] - pixel[c])));
}

/// Colours pixels of a box by how far they lie inside a shape: distance(x, y) below 0 is inside.
template <class Distance>
void fill(image::Image& picture,
          Point low,
          Point high,
          std::array<uint8_t, 3> colour,
          const Distance& outside) {
  const int left = std::max(0, static_cast<int>(std::floor(low.x))),
            top = std::max(0, static_cast<int>(std::floor(low.y)));
  const int right = std::min(picture.width - 1, static_cast<int>(std::ceil(high.x))),
            bottom = std::min(picture.height - 1, static_cast<int>(std::ceil(high.y)));
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x)
      mix_in(picture, x, y, 0.5 - outside(Point{x + 0.5, y + 0.5}), colour);
}

double to_segment(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t =
      length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return distance(p, {a.x + t * dx, a.y + t * dy});
}

void paste(image::Image& onto, const image::Image& picture, int left) {
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(picture.row(y), picture.width * 3, onto.row(y) + static_cast<ptrdiff_t>(left) * 3);
}

/// Where a pair begins, as a colour: hue by the angle about the middle, paler towards it.
std::array<uint8_t, 3> colour_at(const Point& p, double width, double height) {
  const double x = p.x / width - 0.5, y = p.y / height - 0.5;
  const double turn = std::atan2(y, x) / 6.283185307179586 + 0.5;
  return colour_of(static_cast<int64_t>(turn * 997), 997);
}

}  // namespace

std::array<uint8_t, 3> colour_of(int64_t thing, int64_t count) {
  const double hue =
      6 * static_cast<double>(thing) / static_cast<double>(std::max<int64_t>(count, 1));
  std::array<uint8_t, 3> out = {};
  for (int c = 0; c < 3; ++c) {
    const double k = std::fmod(hue + 6 - 2 * c, 6.0);
    const double value = 1 - std::clamp(std::min(k, 6 - k) - 1, 0.0, 1.0);
    out[static_cast<size_t>(c)] = static_cast<uint8_t>(std::lround(40 + 215 * value));
  }
  return out;
}

void draw_line(image::Image& picture,
               const Point& from,
               const Point& to,
               double thickness,
               std::array<uint8_t, 3> colour) {
  const double half = thickness / 2;
  // In pieces, so that a slanted line does not look at its whole box.
  const int pieces = std::max(1, static_cast<int>(distance(from, to) / 24));
  for (int i = 0; i < pieces; ++i) {
    const auto at = [&](int k) {
      const double t = static_cast<double>(k) / pieces;
      return Point{from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)};
    };
    const Point a = at(i), b = at(i + 1);
    fill(picture,
         {std::min(a.x, b.x) - half - 1, std::min(a.y, b.y) - half - 1},
         {std::max(a.x, b.x) + half + 1, std::max(a.y, b.y) + half + 1},
         colour,
         [&](const Point& p) { return to_segment(p, a, b) - half; });
  }
}

void draw_dot(image::Image& picture,
              const Point& at,
              double radius,
              std::array<uint8_t, 3> colour,
              bool filled) {
  const Point low{at.x - radius - 3, at.y - radius - 3}, high{at.x + radius + 3, at.y + radius + 3};
  if (filled) {
    fill(picture, low, high, kRim, [&](const Point& p) { return distance(p, at) - radius - 1.2; });
    fill(picture, low, high, colour, [&](const Point& p) { return distance(p, at) - radius; });
  } else {
    fill(picture, low, high, colour, [&](const Point& p) {
      return std::abs(distance(p, at) - radius) - 0.8;
    });
  }
}

image::Image draw_pairs(const image::Image& a,
                        const image::Image& b,
                        const Matches& matches,
                        const LineStyle& style) {
  const int height = style.height > 0 ? style.height : std::max(a.height, b.height);
  const auto width_of = [&](const image::Image& picture) {
    return std::max(1,
                    static_cast<int>(std::lround(1.0 * picture.width * height / picture.height)));
  };
  const int first = width_of(a), second = width_of(b), gap = std::max(4, height / 64);
  image::Image out(first + gap + second, height);
  std::fill(out.pixels.begin(), out.pixels.end(), uint8_t{255});
  paste(out, image::resize(a, first, height), 0);
  paste(out, image::resize(b, second, height), first + gap);
  const double scale = static_cast<double>(height) / 512;
  std::vector<const Pair*> shown;
  for (const Pair& pair : matches.pairs)
    if ((pair.inlier || style.outliers) && (style.limit <= 0 || std::ssize(shown) < style.limit))
      shown.push_back(&pair);
  for (const auto& pair : shown) {
    const Point from{pair->a.x * first / a.width, pair->a.y * height / a.height};
    const Point to{first + gap + pair->b.x * second / b.width, pair->b.y * height / b.height};
    const auto colour = pair->inlier ? colour_at(pair->a, a.width, a.height) : kDoubtful;
    draw_line(out, from, to, 1.4 * scale, colour);
    draw_dot(out, from, 3.2 * scale, colour);
    draw_dot(out, to, 3.2 * scale, colour);
  }
  return out;
}

}  // namespace troodon::match
