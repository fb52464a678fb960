#include "depth/normals.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/tensor_file.hpp"

namespace troodon::depth {
namespace {

using Vector = std::array<double, 3>;

struct Surface {
  const exports::Depth& depth;
  const exports::Camera& camera;

  double at(int x, int y) const {
    if (x < 0 || y < 0 || x >= depth.width || y >= depth.height) return 0;
    const float z = depth.metres[static_cast<size_t>(y) * depth.width + x];
    return std::isfinite(z) && z > 0 ? z : 0;
  }
  Vector point(int x, int y, double z) const {
    return {(x - camera.cx) / camera.fx * z, (y - camera.cy) / camera.fy * z, z};
  }
  /// From one neighbour to the other along (dx, dy), or from the pixel to the one that is nearer in
  /// depth where they lie on different things. False: no neighbour is known.
  bool along(int x, int y, int dx, int dy, Vector& out) const {
    const double here = at(x, y), before = at(x - dx, y - dy), after = at(x + dx, y + dy);
    if (before == 0 && after == 0) return false;
    // In inverse depth a plane is a line in the picture, so both steps are equal on it.
    const double back = before > 0 ? std::abs(1 / before - 1 / here) : INFINITY;
    const double on = after > 0 ? std::abs(1 / after - 1 / here) : INFINITY;
    const bool alike = back < 2 * on + 1e-3 / here && on < 2 * back + 1e-3 / here;
    const bool use_before = alike || back < on, use_after = alike || !use_before;
    const Vector to = use_after ? point(x + dx, y + dy, after) : point(x, y, here);
    const Vector from = use_before ? point(x - dx, y - dy, before) : point(x, y, here);
    for (size_t k = 0; k < 3; ++k) out[k] = to[k] - from[k];
    return true;
  }
};

/// Of unit length and against the pixel's ray; zeros where the two directions are one.
Vector facing(const Vector& right, const Vector& down, const Vector& ray) {
  Vector n = {right[1] * down[2] - right[2] * down[1],
              right[2] * down[0] - right[0] * down[2],
              right[0] * down[1] - right[1] * down[0]};
  const double length = std::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  if (!(length > 0)) return {};
  const double towards = n[0] * ray[0] + n[1] * ray[1] + n[2] * ray[2];
  for (double& value : n) value /= towards > 0 ? -length : length;
  return n;
}

}  // namespace

std::vector<float> normals(const exports::Depth& depth, const exports::Camera& camera) {
  if (!(camera.fx > 0 && camera.fy > 0))
    fail(Exit::usage, "a camera's fx and fy are above 0, not {} and {}", camera.fx, camera.fy);
  const Surface surface{depth, camera};
  std::vector<float> out(3 * depth.metres.size(), 0.0F);
  for (int y = 0; y < depth.height; ++y) {
    for (int x = 0; x < depth.width; ++x) {
      Vector right, down;
      if (surface.at(x, y) == 0 || !surface.along(x, y, 1, 0, right) ||
          !surface.along(x, y, 0, 1, down))
        continue;
      const Vector n = facing(right, down, surface.point(x, y, 1));
      for (size_t k = 0; k < 3; ++k)
        out[3 * (static_cast<size_t>(y) * depth.width + x) + k] = static_cast<float>(n[k]);
    }
  }
  return out;
}

image::Image normals_picture(std::span<const float> normals, int width, int height) {
  image::Image out(width, height);
  if (normals.size() != out.pixels.size())
    fail("{} numbers are no normals of {}x{} pixels", normals.size(), width, height);
  constexpr std::array<float, 3> kSign = {1, -1, -1};  // right, up, towards the camera
  for (size_t i = 0; i < normals.size(); i += 3) {
    const bool known = normals[i] != 0 || normals[i + 1] != 0 || normals[i + 2] != 0;
    for (size_t k = 0; k < 3 && known; ++k) {
      const float level = 127.5F * (1 + kSign[k] * normals[i + k]);
      out.pixels[i + k] = static_cast<uint8_t>(std::clamp(std::lround(level), 0L, 255L));
    }
  }
  return out;
}

void write_normals(const fs::path& path, std::span<const float> normals, int width, int height) {
  write_npy(path,
            {.name = "normals",
             .dtype = DType::f32,
             .shape = {height, width, 3},
             .data = std::as_bytes(normals)});
}

}  // namespace troodon::depth
