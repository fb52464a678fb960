#include "exports/depth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "image/encode.hpp"

namespace troodon::exports {
namespace {

using Colour = std::array<uint8_t, 3>;

/// From near to far, evenly spaced; lightness falls all the way.
constexpr std::array<Colour, 6> kRamp = {
    {{255, 242, 178}, {252, 170, 74}, {228, 88, 60}, {160, 44, 100}, {76, 38, 128}, {16, 22, 66}}};
constexpr int kLegendSteps = 8;
constexpr double kMillimetres = 1000, kLargest = 65534;

bool known(float metres) {
  return std::isfinite(metres) && metres > 0;
}

/// t: 0 near, 1 far.
Colour ramp(double t) {
  const double at = std::clamp(t, 0.0, 1.0) * (kRamp.size() - 1);
  const auto first = std::min(static_cast<size_t>(at), kRamp.size() - 2);
  Colour out{};
  for (size_t k = 0; k < 3; ++k) {
    const double value =
        std::lerp<double>(kRamp[first][k], kRamp[first + 1][k], at - static_cast<double>(first));
    out[k] = static_cast<uint8_t>(std::lround(value));
  }
  return out;
}

double share_of(float metres, const DepthRange& range) {
  if (!(range.far > range.near)) return 0;
  return std::log(metres / range.near) / std::log(range.far / range.near);
}

/// A point of a cloud as it lies in the file: 15 bytes.
void append(std::string& out, std::array<float, 3> place, const uint8_t* colour) {
  std::array<char, 15> bytes;
  std::memcpy(bytes.data(), place.data(), 12);
  std::memcpy(bytes.data() + 12, colour, 3);
  out.append(bytes.data(), bytes.size());
}

}  // namespace

DepthRange range_of(const Depth& depth) {
  DepthRange out;
  for (const float metres : depth.metres) {
    if (!known(metres)) continue;
    out.near = out.near == 0 ? metres : std::min(out.near, metres);
    out.far = std::max(out.far, metres);
  }
  return out;
}

image::Image depth_picture(const Depth& depth, const DepthRange& range) {
  image::Image out(depth.width, depth.height);
  for (size_t i = 0; i < depth.metres.size(); ++i) {
    if (!known(depth.metres[i])) continue;
    const Colour colour = ramp(share_of(depth.metres[i], range));
    std::copy_n(colour.begin(), 3, out.pixels.begin() + static_cast<ptrdiff_t>(3 * i));
  }
  return out;
}

std::string depth_legend(const DepthRange& range) {
  nlohmann::ordered_json out = {{"unit", "metres"},
                                {"near", range.near},
                                {"far", range.far},
                                {"spacing", "logarithmic"},
                                {"unknown", {0, 0, 0}},
                                {"colours", nlohmann::ordered_json::array()}};
  for (int i = 0; i <= kLegendSteps; ++i) {
    const double t = static_cast<double>(i) / kLegendSteps;
    const double metres = range.near * std::pow(range.far / std::max(range.near, 1e-9F), t);
    out["colours"].push_back({{"metres", metres}, {"rgb", ramp(t)}});
  }
  return out.dump(2) + "\n";
}

std::string depth_png16(const Depth& depth) {
  std::vector<uint16_t> values(depth.metres.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!known(depth.metres[i])) continue;
    // 0 means unknown, so what is nearer than half a millimetre counts as one.
    const double millimetres = std::round(depth.metres[i] * kMillimetres);
    values[i] = static_cast<uint16_t>(std::clamp(millimetres, 1.0, kLargest));
  }
  return image::encode_png_gray16(values, depth.width, depth.height);
}

void write_depth(const fs::path& path, const Depth& depth) {
  write_npy(path,
            {.name = "depth",
             .dtype = DType::f32,
             .shape = {depth.height, depth.width},
             .data = std::as_bytes(depth.metres)});
}

Camera camera_of_view(int width, int height, double degrees) {
  if (!(degrees > 0 && degrees < 180))
    fail(Exit::usage, "a field of view of {} degrees is none; say one between 0 and 180", degrees);
  const double focal = width / 2.0 / std::tan(degrees * std::numbers::pi / 360);
  return {.fx = focal,
          .fy = focal,
          .cx = (width - 1) / 2.0,
          .cy = (height - 1) / 2.0,
          .origin = fmt::format("assumed, a horizontal field of view of {:g} degrees", degrees)};
}

std::string cloud_header(size_t points, const Camera& camera) {
  return fmt::format(
      "ply\nformat binary_little_endian 1.0\n"
      "comment metres; x right, y down, z forward\n"
      "comment pinhole camera fx {:.6g} fy {:.6g} cx {:.6g} cy {:.6g}: {}\n"
      "element vertex {}\n"
      "property float x\nproperty float y\nproperty float z\n"
      "property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n",
      camera.fx,
      camera.fy,
      camera.cx,
      camera.cy,
      camera.origin,
      points);
}

std::string point_cloud(const Depth& depth, const image::Image& picture, const Camera& camera) {
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
  const auto points = static_cast<size_t>(std::ranges::count_if(depth.metres, known));
  std::string out = cloud_header(points, camera);
  out.reserve(out.size() + 15 * points);
  for (int y = 0; y < depth.height; ++y) {
    for (int x = 0; x < depth.width; ++x) {
      const float z = depth.metres[static_cast<size_t>(y) * depth.width + x];
      if (!known(z)) continue;
      const double right = (x - camera.cx) / camera.fx * z, down = (y - camera.cy) / camera.fy * z;
      append(out, {static_cast<float>(right), static_cast<float>(down), z}, picture.row(y) + 3 * x);
    }
  }
  return out;
}

}  // namespace troodon::exports
