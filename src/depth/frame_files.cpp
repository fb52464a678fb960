#include "depth/frame_files.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "depth/cloud.hpp"
#include "depth/normals.hpp"
#include "image/encode.hpp"

namespace troodon::depth {
namespace {

const std::vector<std::string> kOfFiles = {
    "color", "png16", "npy", "ply", "normals", "normals-npy"};
const std::vector<std::string> kOfStdout = {"f32", "u16"};

std::vector<uint16_t> millimetres(const Map& map) {
  std::vector<uint16_t> out;
  out.reserve(map.metres.size());
  for (const float metres : map.metres) {
    const double value = std::round(1000.0 * metres);
    out.push_back(metres > 0 ? static_cast<uint16_t>(std::clamp(value, 1.0, 65534.0)) : 0);
  }
  return out;
}

template <class T>
void put(const std::vector<T>& values) {
  if (std::fwrite(values.data(), sizeof(T), values.size(), stdout) != values.size() ||
      std::fflush(stdout) != 0)
    fail(Exit::resource, "stdout: the frame cannot be written; is its reader gone?");
}

}  // namespace

FrameFiles::FrameFiles(const FilmOptions& options)
    : options_(options), formats_(options.formats.begin(), options.formats.end()) {
  const bool piped = options.out == "-";
  const auto& known = piped ? kOfStdout : kOfFiles;
  if (options.out.empty()) fail(Exit::usage, "depth needs a folder to write to, or - for stdout");
  if (formats_.empty()) formats_.insert(known.begin(), known.begin() + (piped ? 1 : 2));
  for (const std::string& format : formats_) {
    if (std::ranges::count(known, format) == 0)
      fail(Exit::usage,
           "'{}' is no format of {}; say {}",
           format,
           piped ? "stdout" : "files",
           fmt::join(known, ", "));
  }
  if (piped && formats_.size() > 1) fail(Exit::usage, "stdout takes one format: f32 or u16");
}

exports::Camera FrameFiles::camera_for(const Map& map) const {
  if (!options_.intrinsics)
    return exports::camera_of_view(map.width, map.height, options_.field_of_view);
  const auto& [fx, fy, cx, cy] = *options_.intrinsics;
  return {.fx = fx, .fy = fy, .cx = cx, .cy = cy, .origin = "given"};
}

void FrameFiles::write_stdout(const Map& map) const {
  if (wants("f32"))
    put(map.metres);
  else
    put(millimetres(map));
}

void FrameFiles::write_cloud(const fs::path& file, const Answer& answer) const {
  const exports::Camera camera = camera_for(answer.map);
  const Cloud cloud = cloud_of(answer.map.view(),
                               answer.frame.picture,
                               camera,
                               {.most = options_.most_points, .edges = options_.edges});
  write_atomically(file, ply_of(cloud, camera));
}

void FrameFiles::write(const Answer& answer) const {
  const Map& map = answer.map;
  if (options_.out == "-") return write_stdout(map);
  const auto file = [&](const char* format, const char* extension) {
    return fs::path(options_.out) / format / (answer.frame.name + extension);
  };
  if (wants("color")) {
    const auto range = usual_range(map, options_.clip);
    write_atomically(file("color", ".json"), summary_json(map, range) + "\n");
    write_atomically(file("color", ".png"),
                     image::encode_png(exports::depth_picture(map.view(), range)));
  }
  if (wants("png16")) write_atomically(file("png16", ".png"), exports::depth_png16(map.view()));
  if (wants("npy")) exports::write_depth(file("npy", ".npy"), map.view());
  if (wants("ply")) write_cloud(file("ply", ".ply"), answer);
  if (!wants("normals") && !wants("normals-npy")) return;
  const auto faces = normals(map.view(), camera_for(map));
  if (wants("normals"))
    write_atomically(file("normals", ".png"),
                     image::encode_png(normals_picture(faces, map.width, map.height)));
  if (wants("normals-npy"))
    write_normals(file("normals-npy", ".npy"), faces, map.width, map.height);
}

}  // namespace troodon::depth
