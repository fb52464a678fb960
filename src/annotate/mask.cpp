#include "annotate/mask.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "exports/regions.hpp"
#include "exports/rle.hpp"
#include "image/encode.hpp"
#include "image/plane.hpp"

namespace troodon::annotate {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kMostPixels = int64_t{1} << 28;

/// As exports see it: 0 inside, -1 elsewhere.
std::vector<int32_t> labels_of(const Mask& mask) {
  std::vector<int32_t> out(mask.inside.size());
  std::ranges::transform(mask.inside, out.begin(), [](uint8_t in) { return in != 0 ? 0 : -1; });
  return out;
}

ordered_json polygons_of(const Mask& mask) {
  const std::vector<int32_t> labels = labels_of(mask);
  auto out = ordered_json::array();
  for (const auto& region :
       exports::regions_of({mask.width, mask.height, labels}, {.min_area = 4})) {
    auto ring = ordered_json::array();
    for (const auto& point : exports::joined(region)) {
      ring.push_back(point.x);
      ring.push_back(point.y);
    }
    out.push_back(std::move(ring));
  }
  return out;
}

}  // namespace

int64_t area_of(const Mask& mask) {
  return std::ranges::count_if(mask.inside, [](uint8_t in) { return in != 0; });
}

image::Box box_of(const Mask& mask) {
  int left = mask.width, right = -1, top = mask.height, bottom = -1;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (!mask.at(x, y)) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  if (right < 0) return {};
  return {.top = top, .left = left, .height = bottom - top + 1, .width = right - left + 1};
}

bool same_size(const Mask& a, const Mask& b) {
  return a.width == b.width && a.height == b.height;
}

double iou(const Mask& a, const Mask& b) {
  if (!same_size(a, b))
    fail(Exit::input,
         "masks of {} x {} and {} x {} pixels are not of one picture",
         a.width,
         a.height,
         b.width,
         b.height);
  int64_t both = 0, any = 0;
  for (size_t i = 0; i < a.inside.size(); ++i) {
    both += a.inside[i] != 0 && b.inside[i] != 0 ? 1 : 0;
    any += a.inside[i] != 0 || b.inside[i] != 0 ? 1 : 0;
  }
  return any == 0 ? 1 : static_cast<double>(both) / static_cast<double>(any);
}

Mask resized(const Mask& mask, int width, int height) {
  Mask out(width, height);
  out.score = mask.score;
  for (int y = 0; y < height; ++y) {
    const int from_y = static_cast<int>((2LL * y + 1) * mask.height / (2LL * height));
    for (int x = 0; x < width; ++x) {
      const int from_x = static_cast<int>((2LL * x + 1) * mask.width / (2LL * width));
      out.inside[static_cast<size_t>(y) * width + x] = mask.at(from_x, from_y) ? 1 : 0;
    }
  }
  return out;
}

Mask read_mask(const fs::path& path) {
  const auto plane = image::read_plane(path);
  if (!plane) fail(Exit::input, "{}", plane.reason());
  Mask out(plane->width, plane->height);
  std::ranges::transform(plane->values, out.inside.begin(), [](uint16_t v) { return v != 0; });
  out.score = 1;
  return out;
}

std::string mask_png(const Mask& mask) {
  std::vector<uint8_t> grey(mask.inside.size());
  std::ranges::transform(mask.inside, grey.begin(), [](uint8_t in) {
    return static_cast<uint8_t>(in != 0 ? 255 : 0);
  });
  return image::encode_png_gray(grey, mask.width, mask.height);
}

image::Image overlay(const image::Image& picture, const Mask& mask) {
  if (picture.width != mask.width || picture.height != mask.height)
    fail(Exit::input,
         "a mask of {} x {} pixels is none of a picture of {} x {}",
         mask.width,
         mask.height,
         picture.width,
         picture.height);
  image::Image out = picture;
  const int reach = std::max(1, std::max(mask.width, mask.height) / 400);  // width of the line
  const auto inside = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.at(x, y);
  };
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      uint8_t* pixel = out.row(y) + 3 * static_cast<ptrdiff_t>(x);
      const bool edge = !inside(x - reach, y) || !inside(x + reach, y) || !inside(x, y - reach) ||
                        !inside(x, y + reach);
      if (!mask.at(x, y)) {
        for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(pixel[c] * 2 / 5);
      } else if (edge) {
        pixel[0] = 255, pixel[1] = 214, pixel[2] = 10;
      }
    }
  }
  return out;
}

std::string run_text(const Mask& mask) {
  const std::vector<int32_t> labels = labels_of(mask);
  const auto runs = exports::run_lengths({mask.width, mask.height, labels});
  if (runs.empty()) return exports::compressed({static_cast<uint32_t>(mask.inside.size())});
  return exports::compressed(runs.begin()->second);
}

Mask mask_of_runs(int width, int height, std::string_view counts) {
  if (width <= 0 || height <= 0 || int64_t{width} * height > kMostPixels)
    fail(Exit::input, "a mask cannot have {} x {} pixels", width, height);
  Mask out(width, height);
  int64_t at = 0;
  uint8_t value = 0;
  for (const uint32_t count : exports::uncompressed(counts)) {
    if (at + count > int64_t{width} * height) {
      at = -1;
      break;
    }
    for (const int64_t end = at + count; at < end; ++at) {
      if (value != 0) out.inside[static_cast<size_t>(at % height * width + at / height)] = 1;
    }
    value = 1 - value;
  }
  if (at != int64_t{width} * height)
    fail(Exit::input, "these run lengths are not of {} x {} pixels", width, height);
  return out;
}

std::string mask_json(const Mask& mask) {
  const image::Box box = box_of(mask);
  return ordered_json{
      {"width", mask.width},
      {"height", mask.height},
      {"rle", {{"size", {mask.height, mask.width}}, {"counts", run_text(mask)}}},
      {"polygons", polygons_of(mask)},
      {"box", {{"x", box.left}, {"y", box.top}, {"width", box.width}, {"height", box.height}}},
      {"area", area_of(mask)},
      {"score", mask.score}}
      .dump();
}

Mask mask_of_json(std::string_view json) {
  try {
    const auto object = ordered_json::parse(json);
    const auto& rle = object.at("rle");
    Mask out = mask_of_runs(
        rle.at("size").at(1), rle.at("size").at(0), rle.at("counts").get_ref<const std::string&>());
    out.score = object.value("score", 1.0);
    return out;
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::input,
         "this is no mask with \"rle\": {{\"size\": [height, width], \"counts\": \"...\"}}: {}",
         error.what());
  }
}

}  // namespace troodon::annotate
