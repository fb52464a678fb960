#include "api/pictures.hpp"

#include <cstring>

#include "api/call.hpp"
#include "base/error.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"

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

image::Image api::room_image(const Image& image) {
  if (image.width < 1 || image.height < 1 ||
      image.rgb.size() != static_cast<size_t>(image.width) * image.height * 3)
    fail(Exit::input,
         "{} bytes are no picture of {}x{} pixels",
         image.rgb.size(),
         image.width,
         image.height);
  image::Image out(image.width, image.height);
  out.pixels = image.rgb;
  return out;
}

Image api::told(image::Image image) {
  return {image.width, image.height, std::move(image.pixels)};
}

Image read_picture(const Picture& picture) {
  return api::call([&] { return api::told(api::open(picture)); });
}

void write_picture(const fs::path& file, const Image& image) {
  api::call([&] { image::write(file, api::room_image(image)); });
}

}  // namespace troodon
