#include "depth/cloud.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace troodon::depth {
namespace {

static_assert(std::endian::native == std::endian::little, "clouds are written as they lie");

template <class T>
void append(std::string& out, const T* values, size_t count) {
  out.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

/// Which pixels have a point.
struct Choice {
  const exports::Depth& depth;
  const CloudOptions& options;

  float at(int x, int y) const { return depth.metres[static_cast<size_t>(y) * depth.width + x]; }
  bool known(float z) const {
    if (!(std::isfinite(z) && z > 0)) return false;
    const auto& [near, far] = options.range;
    return far <= 0 || (z >= near && z <= far);
  }
  bool at_edge(int x, int y) const {
    if (options.edges <= 0) return false;
    const float z = at(x, y);
    const auto differs = [&](int u, int v) {
      if (u < 0 || v < 0 || u >= depth.width || v >= depth.height) return false;
      const float other = at(u, v);
      return other > 0 && std::max(z, other) > (1 + options.edges) * std::min(z, other);
    };
    return differs(x - 1, y) || differs(x + 1, y) || differs(x, y - 1) || differs(x, y + 1);
  }
  bool has(int x, int y) const { return known(at(x, y)) && !at_edge(x, y); }
};

/// Pixels of an even grid, the finest whose chosen ones are at most so many.
std::vector<std::pair<int, int>> pixels_of(const Choice& choice, int64_t most) {
  const int width = choice.depth.width, height = choice.depth.height;
  std::vector<uint8_t> has(choice.depth.metres.size());
  int64_t all = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      all += has[static_cast<size_t>(y) * width + x] = choice.has(x, y);
  }
  double step = 1;
  if (most > 0 && all > most)
    step = std::sqrt(static_cast<double>(all) / static_cast<double>(most));
  for (std::vector<std::pair<int, int>> out;; step *= 1.01, out.clear()) {
    for (double v = (step - 1) / 2; v < height; v += step) {
      for (double u = (step - 1) / 2; u < width; u += step) {
        const int x = static_cast<int>(u), y = static_cast<int>(v);
        if (has[static_cast<size_t>(y) * width + x] != 0) out.emplace_back(x, y);
      }
    }
    if (most <= 0 || static_cast<int64_t>(out.size()) <= most) return out;
  }
}

}  // namespace

Cloud cloud_of(const exports::Depth& depth,
               const image::Image& picture,
               const exports::Camera& camera,
               const CloudOptions& options) {
  if (picture.width != depth.width || picture.height != depth.height) {
    fail(Exit::input,
         "a depth map of {}x{} does not lie on a picture of {}x{}",
         depth.width,
         depth.height,
         picture.width,
         picture.height);
  }
  if (!(camera.fx > 0 && camera.fy > 0))
    fail(Exit::usage, "a camera's fx and fy are above 0, not {} and {}", camera.fx, camera.fy);
  Cloud out;
  const Choice choice{depth, options};
  for (const auto& [x, y] : pixels_of(choice, options.most)) {
    const double z = choice.at(x, y);
    for (const double value : {(x - camera.cx) / camera.fx * z, (y - camera.cy) / camera.fy * z, z})
      out.places.push_back(static_cast<float>(value));
    const uint8_t* colour = picture.row(y) + 3 * static_cast<ptrdiff_t>(x);
    out.colours.insert(out.colours.end(), colour, colour + 3);
  }
  return out;
}

std::string ply_of(const Cloud& cloud, const exports::Camera& camera) {
  std::string out = exports::cloud_header(cloud.count(), camera);
  out.reserve(out.size() + 15 * cloud.count());
  for (size_t i = 0; i < cloud.count(); ++i) {
    append(out, cloud.places.data() + 3 * i, 3);
    append(out, cloud.colours.data() + 3 * i, 3);
  }
  return out;
}

std::string points_of(const Cloud& cloud) {
  std::string out;
  out.reserve(4 + 15 * cloud.count());
  const auto count = static_cast<uint32_t>(cloud.count());
  append(out, &count, 1);
  append(out, cloud.places.data(), cloud.places.size());
  append(out, cloud.colours.data(), cloud.colours.size());
  return out;
}

}  // namespace troodon::depth
