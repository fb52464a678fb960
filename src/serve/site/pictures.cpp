#include "serve/site/pictures.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

using namespace std::string_view_literals;

constexpr int kQuality = 85;

[[noreturn]] void unknown(const std::string& ref) {
  refuse(404, "no picture {}: it is not in the collection, or an upload that was forgotten", ref);
}

}  // namespace

int64_t id_of(const std::string& ref) {
  int64_t id = 0;
  const auto [end, error] = std::from_chars(ref.data(), ref.data() + ref.size(), id);
  if (error != std::errc() || end != ref.data() + ref.size() || id < 1) unknown(ref);
  return id;
}

image::Image shrunk(const image::Image& picture, int size) {
  const int longer = std::max(picture.width, picture.height);
  if (longer <= size) return picture;
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * size / longer)));
  };
  return image::resize(picture, scaled(picture.width), scaled(picture.height));
}

std::string picture_type(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8")) return "image/jpeg";
  if (bytes.starts_with("\x89PNG")) return "image/png";
  if (bytes.starts_with("GIF8")) return "image/gif";
  if (bytes.starts_with("BM")) return "image/bmp";
  if (bytes.starts_with("RIFF") && bytes.substr(8).starts_with("WEBP")) return "image/webp";
  if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv)) return "image/tiff";
  const std::string_view brand = bytes.size() > 12 ? bytes.substr(4, 8) : "";
  if (brand == "ftypavif") return "image/avif";
  if (brand.starts_with("ftyp")) return "image/heic";
  return "application/octet-stream";
}

Pictures::Pictures(std::shared_ptr<const collection::Store> store,
                   std::string folder,
                   Decoders& decoders,
                   Uploads& uploads)
    : store_(std::move(store)),
      folder_(std::move(folder)),
      decoders_(decoders),
      uploads_(uploads) {}

collection::Picture Pictures::row(const std::string& ref) const {
  const int64_t id = id_of(ref);
  std::vector<collection::Picture> rows = store_->pictures(std::span(&id, 1));
  if (rows.empty()) unknown(ref);
  return std::move(rows.front());
}

std::shared_ptr<const Upload> Pictures::upload(const std::string& ref) const {
  auto upload = uploads_.find(ref);
  if (!upload) unknown(ref);
  return upload;
}

fs::path Pictures::path_of(const collection::Picture& picture) const {
  return folder_ / picture.path;
}

image::Image Pictures::pixels(const std::string& ref, Clock::time_point deadline) const {
  if (is_upload(ref)) return upload(ref)->picture;
  return decoders_.file(path_of(row(ref)), 0, deadline);
}

std::shared_ptr<const PictureFile> Pictures::smaller(const std::string& ref,
                                                     int size,
                                                     Clock::time_point deadline) {
  const std::string key = fmt::format("{}/{}", ref, size);
  if (auto kept = smaller_.find(key)) {
    if (is_upload(ref)) (void)upload(ref);  // forgotten is forgotten
    return kept;
  }
  const image::Image picture =
      is_upload(ref) ? upload(ref)->picture : decoders_.file(path_of(row(ref)), size, deadline);
  PictureFile file{"image/jpeg", image::encode_jpeg(shrunk(picture, size), kQuality)};
  const size_t bytes = file.bytes.size();
  return smaller_.keep(key, std::move(file), bytes);
}

PictureFile Pictures::whole(const std::string& ref) const {
  if (is_upload(ref)) return {"image/png", image::encode_png(upload(ref)->picture)};
  const collection::Picture picture = row(ref);
  try {
    std::string bytes = read_text(path_of(picture));
    std::string type = picture_type(bytes);
    return {std::move(type), std::move(bytes)};
  } catch (const Error&) {
    refuse(404, "the file of picture {} is gone", ref);
  }
}

}  // namespace troodon::serve
