#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/file.hpp"
#include "image/pixels.hpp"

namespace troodon::exports {

/// Metres for each pixel, row by row; somebody else owns them. 0, below and what isn't finite: not
/// known.
struct Depth {
  int width = 0, height = 0;
  std::span<const float> metres;  ///< [height, width]
};

struct DepthRange {
  float near = 0, far = 0;  ///< metres; both 0 where nothing is known
};
DepthRange range_of(const Depth& depth);

/// Near is warm and light, far cold and dark; black where nothing is known. Lightness is even in
/// the logarithm of depth.
image::Image depth_picture(const Depth& depth, const DepthRange& range);

/// What the colours mean, as JSON: near and far in metres, and colours of some depths between.
std::string depth_legend(const DepthRange& range);

/// 16-bit PNG in millimetres, 0: not known; beyond 65.534 m it says 65534.
std::string depth_png16(const Depth& depth);

/// NumPy's .npy, float32 [height, width], metres. Atomic.
void write_depth(const fs::path& path, const Depth& depth);

/// A pinhole camera, in pixels of the picture; (0, 0) is the centre of the first one.
struct Camera {
  double fx = 0, fy = 0, cx = 0, cy = 0;
  std::string origin;  ///< how it is known, in words: goes into the file
};

/// Looks straight ahead with square pixels and this horizontal field of view, degrees.
Camera camera_of_view(int width, int height, double degrees = 60);

/// What a binary little-endian PLY of so many points begins with.
std::string cloud_header(size_t points, const Camera& camera);

/// A point cloud as binary little-endian PLY: a vertex (x right, y down, z forward, metres; red,
/// green, blue) for each pixel whose depth is known. Throws Error (Exit::input) where sizes differ.
std::string point_cloud(const Depth& depth, const image::Image& picture, const Camera& camera);

}  // namespace troodon::exports
