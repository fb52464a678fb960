#include "search/asking.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "frozen/cache.hpp"

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

Seen seen_of(std::span<const float> features, int rows, int columns, int64_t dim) {
  Seen out{.rows = rows, .columns = columns};
  const auto first = features.first(static_cast<size_t>(dim));
  double squares = 0;
  for (const float x : first) squares += double{x} * x;
  if (!(squares > 0) || !std::isfinite(squares))
    fail(Exit::numeric, "the network's features aren't finite; is its file damaged?");
  for (const float x : first) out.vector.push_back(static_cast<float>(x / std::sqrt(squares)));
  const auto tokens = features.subspan(static_cast<size_t>(dim));
  out.tokens.assign(tokens.begin(), tokens.end());
  return out;
}

Seen look(infer::Embedder& network, const image::Image& picture) {
  const image::Image prepared = network.prepare(picture);
  const int side = static_cast<int>(network.size() / network.patch_size());
  return seen_of(network.embed(std::span(&prepared, 1)), side, side, network.item_shape().back());
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
