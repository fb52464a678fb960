#include "exports/depth.hpp"

#include <algorithm>
#include <array>

#include "depth/cloud.hpp"
#include "depth/normals.hpp"
#include "image/encode.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

constexpr double kEdges = 0.05;  // points that hang between things are left out

/// NumPy's .npy, version 1.0, of float32 [height, width].
std::string npy_of(const depth::Map& map) {
  std::string head = fmt::format(
      "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", map.height, map.width);
  head.resize((10 + head.size() + 1 + 63) / 64 * 64 - 11, ' ');
  head += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(head.size() & 0xff);
  bytes += static_cast<char>(head.size() >> 8);
  bytes += head;
  bytes.append(reinterpret_cast<const char*>(map.metres.data()), map.metres.size() * sizeof(float));
  return bytes;
}

depth::Cloud cloud_of(const Request& request, const depth::Map& map, Site& site, int64_t most) {
  const image::Image picture = site.pictures.pixels(request.part("ref"), request.deadline);
  return depth::cloud_of(map.view(),
                         picture,
                         exports::camera_of_view(map.width, map.height),
                         {.most = most, .edges = kEdges});
}

/// GET /v1/pictures/REF/depth?format=json|png|png16|npy|normals|ply|points&max=. 404, 501.
Reply depth_of(const Request& request, Site& site) {
  constexpr std::array<std::string_view, 7> kFormats = {
      "json", "png", "png16", "npy", "normals", "ply", "points"};
  const std::string format = request.choice("format", kFormats);
  const int64_t most = request.whole("max", {200'000, 1, 5'000'000});
  const std::string& ref = request.part("ref");
  const auto map = site.depths.of(ref, request.deadline);
  const exports::Camera camera = exports::camera_of_view(map->width, map->height);
  const auto named = [&](std::string bytes, const char* type, const char* ending) {
    return Reply::bytes(std::move(bytes), type)
        .with("Content-Disposition", attachment(fmt::format("depth-{}.{}", ref, ending)));
  };
  if (format == "json") return Reply::json(depth::summary_json(*map, depth::usual_range(*map)));
  if (format == "png") {
    return Reply::bytes(
        image::encode_png(exports::depth_picture(map->view(), depth::usual_range(*map))),
        "image/png");
  }
  if (format == "png16") return named(exports::depth_png16(map->view()), "image/png", "png");
  if (format == "npy") return named(npy_of(*map), "application/octet-stream", "npy");
  if (format == "normals") {
    const std::vector<float> normals = depth::normals(map->view(), camera);
    return Reply::bytes(image::encode_png(depth::normals_picture(normals, map->width, map->height)),
                        "image/png");
  }
  if (format == "ply") {
    const depth::Cloud cloud = cloud_of(request, *map, site, 0);
    return named(depth::ply_of(cloud, camera), "application/octet-stream", "ply");
  }
  return Reply::bytes(depth::points_of(cloud_of(request, *map, site, most)),
                      "application/octet-stream");
}

}  // namespace

void add_depth(Routes& routes, Site& site) {
  routes.push_back({"GET",
                    "/v1/pictures/{ref}/depth",
                    "How far away its pixels are",
                    [&site](const Request& request) { return depth_of(request, site); },
                    {"format", "max"}});
}

}  // namespace troodon::serve
