#include "search/asking.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "frozen/cache.hpp"
#include "image/resize.hpp"

namespace troodon::search {

infer::Embedder network_of(const collection::Settings& settings, infer::EmbedOptions base) {
  const std::string key = frozen::model_key(infer::model_file(settings.model));
  if (key != settings.model_key) {
    fail(Exit::input,
         "{}: not the network that this collection was made with ({}); put that back, or make the "
         "collection anew",
         settings.model,
         settings.description);
  }
  return {settings.model, collection::wanted_embedding(settings, std::move(base))};
}

image::Image prepared(const image::Image& picture,
                      const collection::Settings& settings,
                      int64_t patch) {
  return infer::prepare(picture, collection::geometry_of(settings, patch)).take(0);
}

Seen look(infer::Embedder& network,
          const image::Image& picture,
          const collection::Settings& settings) {
  const int64_t patch = network.patch_size();
  const image::Image view = prepared(picture, settings, patch);
  return collection::look_of(network.embed(std::span(&view, 1)),
                             view.height / static_cast<int>(patch),
                             view.width / static_cast<int>(patch),
                             settings);
}

std::vector<image::Image> region_views(const image::Image& picture,
                                       const Share& part,
                                       const collection::Settings& settings,
                                       int64_t patch) {
  constexpr double kSteps[] = {
      4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16};  // patches along the part's longer side
  const double width = part.width * picture.width, height = part.height * picture.height;
  const double longest = static_cast<double>(settings.size) / static_cast<double>(patch);
  const auto side = [&](double pixels, double scale) {
    const double patches = std::round(pixels * scale / static_cast<double>(patch));
    return static_cast<int>(std::clamp(patches, 2.0, 64.0)) * static_cast<int>(patch);
  };
  std::vector<image::Image> out;
  for (const double patches : kSteps) {
    if (patches > 1.4 * longest && !out.empty()) break;
    const double scale = patches * static_cast<double>(patch) / std::max(width, height);
    const int to_width = side(picture.width, scale), to_height = side(picture.height, scale);
    if (!out.empty() && out.back().width == to_width && out.back().height == to_height) continue;
    out.push_back(image::resize(picture, to_width, to_height));
  }
  return out;
}

Grids grids_of(std::span<const image::Image> views, int64_t patch) {
  Grids out;
  for (const image::Image& view : views)
    out.emplace_back(view.height / static_cast<int>(patch), view.width / static_cast<int>(patch));
  return out;
}

std::vector<Region> regions_of(std::span<const std::vector<float>> features,
                               const Grids& grids,
                               const Share& part,
                               const collection::Settings& settings) {
  std::vector<Region> out;
  for (size_t i = 0; i < features.size(); ++i) {
    const auto [rows, columns] = grids[i];
    const Seen seen = collection::look_of(features[i], rows, columns, settings);
    out.push_back(
        region_of(seen.tokens, rows, columns, static_cast<int>(settings.token_dim()), part));
  }
  return out;
}

std::vector<Region> look_at_region(infer::Embedder& network,
                                   const image::Image& picture,
                                   const Share& part,
                                   const collection::Settings& settings) {
  if (settings.token_side == 0)
    fail(
        Exit::input,
        "this collection keeps no patch features to find parts by; make it anew with --regions 32");
  const int64_t patch = network.patch_size();
  const std::vector<image::Image> views = region_views(picture, part, settings, patch);
  return regions_of(network.embed_each(views), grids_of(views, patch), part, settings);
}

Share share_of(const image::Box& box, int width, int height) {
  const int left = std::clamp(box.left, 0, width), top = std::clamp(box.top, 0, height);
  const int right = std::clamp(box.left + box.width, left, width);
  const int bottom = std::clamp(box.top + box.height, top, height);
  if (right <= left || bottom <= top) {
    fail(Exit::usage,
         "the box {},{},{},{} (x, y, width, height) has nothing of a picture of {}x{} pixels",
         box.left,
         box.top,
         box.width,
         box.height,
         width,
         height);
  }
  return {static_cast<double>(left) / width,
          static_cast<double>(top) / height,
          static_cast<double>(right - left) / width,
          static_cast<double>(bottom - top) / height};
}

image::Box box_of(const Share& share, int width, int height) {
  const int left = static_cast<int>(std::floor(share.x * width + 1e-9));
  const int top = static_cast<int>(std::floor(share.y * height + 1e-9));
  const int right = static_cast<int>(std::ceil((share.x + share.width) * width - 1e-9));
  const int bottom = static_cast<int>(std::ceil((share.y + share.height) * height - 1e-9));
  return {.top = top,
          .left = left,
          .height = std::min(bottom, height) - top,
          .width = std::min(right, width) - left};
}

}  // namespace troodon::search
