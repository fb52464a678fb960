#include "api/pictures.hpp"

#include <cstring>

#include "base/error.hpp"
#include "image/decode.hpp"

namespace troodon {
namespace {

image::Image taken(Result<image::Image> read) {
  if (!read) fail(Exit::input, "{}", read.reason());
  return *std::move(read);
}

image::Image copied(const Pixels& pixels) {
  if (pixels.rgb == nullptr || pixels.width < 1 || pixels.height < 1)
    fail(Exit::input, "a picture of {}x{} pixels is empty", pixels.width, pixels.height);
  image::Image out(pixels.width, pixels.height);
  const size_t row = 3 * static_cast<size_t>(pixels.width);
  const auto stride = pixels.row_bytes == 0 ? static_cast<ptrdiff_t>(row) : pixels.row_bytes;
  for (int y = 0; y < pixels.height; ++y) std::memcpy(out.row(y), pixels.rgb + y * stride, row);
  return out;
}

}  // namespace

image::Image api::open(const Picture& picture) {
  if (const auto* path = std::get_if<fs::path>(&picture)) return taken(image::read(*path));
  if (const auto* file = std::get_if<Encoded>(&picture)) return taken(image::decode(file->bytes));
  return copied(std::get<Pixels>(picture));
}

}  // namespace troodon
