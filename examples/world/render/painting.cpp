#include <cmath>

#include "geometry/noise.hpp"
#include "render/styles.hpp"

namespace troodon::world {

namespace {

using Plane = std::vector<Vec>;

/// Mean over a (2 radius + 1) square, borders repeated; two running sums.
Plane box_blur(const Plane& in, int size, int radius) {
  Plane rows(in.size()), out(in.size());
  const auto pass = [&](const Plane& from, Plane& to, int step, int line) {
    for (int j = 0; j < size; ++j) {
      const auto at = [&](int i) {
        return static_cast<size_t>(j) * line +
               static_cast<size_t>(std::clamp(i, 0, size - 1)) * step;
      };
      Vec sum;
      for (int i = -radius; i <= radius; ++i) sum += from[at(i)];
      for (int i = 0; i < size; ++i) {
        to[at(i)] = sum * (1.0F / (2 * radius + 1));
        sum += from[at(i + radius + 1)] - from[at(i - radius)];
      }
    }
  };
  pass(in, rows, 1, size);
  pass(rows, out, size, 1);
  return out;
}

/// Per pixel the direction along the edges: the smoothed structure tensor's minor axis, as (cos,
/// sin) in x and y.
Plane edge_directions(const Plane& picture, int size) {
  Plane tensor(picture.size());
  for (int y = 1; y + 1 < size; ++y) {
    for (int x = 1; x + 1 < size; ++x) {
      const size_t i = static_cast<size_t>(y) * size + x;
      const float gx = luma(picture[i + 1]) - luma(picture[i - 1]);
      const float gy = luma(picture[i + size]) - luma(picture[i - size]);
      tensor[i] = {gx * gx, gx * gy, gy * gy};
    }
  }
  tensor = box_blur(tensor, size, std::max(1, size / 48));
  for (Vec& t : tensor) {
    const float angle = 0.5F * std::atan2(2 * t.y, t.x - t.z) + kPi / 2;
    t = {std::cos(angle), std::sin(angle), 0};
  }
  return tensor;
}

struct Brush {
  float radius;  ///< pixels
  float reach;   ///< half the stroke's length, pixels
  uint32_t seed;
};

/// One straight stroke: bristles run along it, the ends are ragged.
void stroke(Plane& canvas,
            int size,
            const Vec& at,
            const Vec& direction,
            const Vec& colour,
            const Brush& brush) {
  const float ex = std::abs(direction.x) * brush.reach + brush.radius + 1,
              ey = std::abs(direction.y) * brush.reach + brush.radius + 1;
  const int x0 = std::max(0, static_cast<int>(at.x - ex)),
            x1 = std::min(size - 1, static_cast<int>(at.x + ex));
  const int y0 = std::max(0, static_cast<int>(at.y - ey)),
            y1 = std::min(size - 1, static_cast<int>(at.y + ey));
  for (int y = y0; y <= y1; ++y) {
    for (int x = x0; x <= x1; ++x) {
      const float dx = x - at.x, dy = y - at.y;
      const float along = dx * direction.x + dy * direction.y,
                  across = dy * direction.x - dx * direction.y;
      const float bristle = lattice(static_cast<int>(std::floor(across * 1.3F)), 0, 0, brush.seed);
      const float end = brush.reach * (0.75F + 0.25F * bristle);
      const float inside = std::min(end - std::abs(along), brush.radius - std::abs(across));
      if (inside <= -0.5F) continue;
      const float ridge =
          0.09F * (bristle - 0.5F) + 0.05F * (across / brush.radius);  // light from above
      Vec& pixel = canvas[static_cast<size_t>(y) * size + x];
      pixel = mix_of(pixel, colour * (1 - ridge), clamp01(inside + 0.5F) * 0.92F);
    }
  }
}

/// Covers the canvas where it is still far from the picture with strokes of one size.
void paint_layer(
    Plane& canvas, const Plane& picture, const Plane& directions, float radius, Random& random) {
  const auto size = static_cast<int>(std::lround(std::sqrt(static_cast<double>(canvas.size()))));
  const Plane target = box_blur(picture, size, static_cast<int>(radius * 0.5F));
  const float step = std::max(radius * 1.1F, 1.5F), wanted = radius > size / 30.0F ? -1.0F : 0.03F;
  const auto columns = static_cast<int64_t>(size / step) + 1;
  for (const int64_t cell : random.permutation(columns * columns)) {
    const float x = (cell % columns + static_cast<float>(random.uniform())) * step;
    const float y = (cell / columns + static_cast<float>(random.uniform())) * step;
    const int u = std::min(static_cast<int>(x), size - 1),
              v = std::min(static_cast<int>(y), size - 1);
    const size_t i = static_cast<size_t>(v) * size + u;
    const Vec off = target[i] - canvas[i];
    const float long_ = static_cast<float>(random.uniform(2, 4)),
                tone = static_cast<float>(random.uniform(-0.035, 0.035));
    const float hue = static_cast<float>(random.uniform(-0.03, 0.03));
    const auto seed = static_cast<uint32_t>(random.next());
    if (std::abs(off.x) + std::abs(off.y) + std::abs(off.z) < 3 * wanted) continue;
    const Vec colour = target[i] + Vec{tone + hue, tone, tone - hue};
    stroke(canvas, size, {x, y, 0}, directions[i], colour, {radius, radius * long_, seed});
  }
}

}  // namespace

image::Image draw_painting(const Layers& layers, Random& random) {
  const int size = layers.size;
  const float vivid = static_cast<float>(random.uniform(1.2, 1.7)),
              exposure = static_cast<float>(random.uniform(1.1, 1.5));
  Plane picture;
  for (const Vec& c : layers.colour) {
    const Vec e = develop(c, exposure);
    const float gray = luma(e);
    picture.push_back(Vec{gray, gray, gray} + (e - Vec{gray, gray, gray}) * vivid);
  }
  const Plane directions = edge_directions(picture, size);
  Plane canvas = box_blur(picture, size, size / 16);
  for (const float share : {0.045F, 0.02F, 0.0085F}) {
    paint_layer(canvas, picture, directions, std::max(share * size, 1.0F), random);
  }
  image::Image out(size, size);
  for (size_t i = 0; i < canvas.size(); ++i) put_encoded(out, i, canvas[i]);
  return out;
}

}  // namespace troodon::world
