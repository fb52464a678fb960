#include "restyle/texture.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "restyle/guided.hpp"

namespace troodon::restyle {
namespace {

/// Lightness less its mean over about a place.
std::vector<float> detail(const Lab& picture, int radius) {
  std::vector<float> light(picture.pixels());
  for (size_t i = 0; i < light.size(); ++i) light[i] = picture.values[i * 3];
  auto base = box_mean(light, picture.width, picture.height, radius);
  base = box_mean(base, picture.width, picture.height, radius);
  for (size_t i = 0; i < light.size(); ++i) light[i] -= base[i];
  return light;
}

/// A hill over a tile two places wide: 1 in its middle, 0 at its rim.
double window(double away) {
  return away >= 1 ? 0 : 0.5 + 0.5 * std::cos(3.141592653589793 * away);
}

/// Sums of tiles, and of the squares of their weights.
struct Quilt {
  int width, height;
  std::vector<float> sum, squares;
};

/// One tile of the style about (sx, sy) laid about (cx, cy), `reach` pixels to each side.
void lay(Quilt& quilt,
         const std::vector<float>& from,
         const Lab& style,
         std::array<double, 2> at,
         std::array<double, 2> source,
         std::array<double, 2> reach) {
  const int left = std::max(0, static_cast<int>(at[0] - reach[0])),
            right = std::min(quilt.width - 1, static_cast<int>(at[0] + reach[0]));
  const int top = std::max(0, static_cast<int>(at[1] - reach[1])),
            bottom = std::min(quilt.height - 1, static_cast<int>(at[1] + reach[1]));
  const auto mirrored = [](int64_t i, int64_t n) {
    i = i < 0 ? -1 - i : i;
    return std::clamp<int64_t>(i >= n ? 2 * n - 1 - i : i, 0, n - 1);
  };
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x) {
      const double dx = x + 0.5 - at[0], dy = y + 0.5 - at[1];
      const double weight = window(std::abs(dx) / reach[0]) * window(std::abs(dy) / reach[1]);
      const int64_t u = mirrored(static_cast<int64_t>(std::floor(source[0] + dx)), style.width),
                    v = mirrored(static_cast<int64_t>(std::floor(source[1] + dy)), style.height);
      const size_t i = static_cast<size_t>(y) * quilt.width + x;
      quilt.sum[i] += static_cast<float>(weight) * from[static_cast<size_t>(v * style.width + u)];
      quilt.squares[i] += static_cast<float>(weight * weight);
    }
}

}  // namespace

void add_texture(Lab& content, const Lab& style, const Sources& sources, double share) {
  const double w = static_cast<double>(content.width) / static_cast<double>(sources.columns),
               h = static_cast<double>(content.height) / static_cast<double>(sources.rows);
  const double sw = static_cast<double>(style.width) / static_cast<double>(sources.style_columns),
               sh = static_cast<double>(style.height) / static_cast<double>(sources.style_rows);
  const auto own = detail(content, std::max(1, static_cast<int>(std::min(w, h) / 2)));
  const auto other = detail(style, std::max(1, static_cast<int>(std::min(w, h) / 2)));
  Quilt quilt{content.width,
              content.height,
              std::vector<float>(content.pixels()),
              std::vector<float>(content.pixels())};
  for (int64_t r = 0; r < sources.rows; ++r)
    for (int64_t c = 0; c < sources.columns; ++c) {
      const int64_t place = sources.place[static_cast<size_t>(r * sources.columns + c)];
      lay(quilt,
          other,
          style,
          {(static_cast<double>(c) + 0.5) * w, (static_cast<double>(r) + 0.5) * h},
          {(static_cast<double>(place % sources.style_columns) + 0.5) * sw,
           (static_cast<double>(place / sources.style_columns) + 0.5) * sh},
          {w, h});
    }
  for (size_t i = 0; i < own.size(); ++i) {
    const float fresh = quilt.sum[i] / std::sqrt(std::max(quilt.squares[i], 1e-6F));
    content.values[i * 3] += static_cast<float>(share) * (fresh - 0.6F * own[i]);
  }
}

}  // namespace troodon::restyle
