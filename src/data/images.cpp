#include "data/images.hpp"

#include <mutex>
#include <span>

#include <fmt/format.h>

#include "base/file.hpp"
#include "data/video.hpp"
#include "image/encode.hpp"

namespace troodon::data {
namespace {

/// What tells items apart: a file's path, and where in it.
std::string key_of(const Item& item) {
  if (item.frame >= 0) return fmt::format("{}#{}@{}", item.path, item.frame, item.film->fps());
  if (item.bytes == 0) return item.path;
  return fmt::format("{}@{}@{}", item.path, item.offset, item.value.index);
}

/// The item's bytes within its mapped file. Throws Error if the file ends before.
std::span<const std::byte> range_of(const MappedFile& file, const Item& item) {
  const auto all = file.bytes();
  if (item.bytes == 0) return all;
  if (item.offset > all.size() || item.bytes > all.size() - item.offset) {
    fail("{}: the file ends at byte {}, before {} + {}",
         place_of(item),
         all.size(),
         item.offset,
         item.bytes);
  }
  return all.subspan(item.offset, item.bytes);
}

/// The picture in a page of a Parquet file. Throws Error naming the place.
std::vector<std::byte> value_of(std::span<const std::byte> page, const Item& item) {
  try {
    return parquet::read_value(page, item.value);
  } catch (const Error& error) {
    fail("{}: {}", place_of(item), error.what());
  }
}

}  // namespace

Result<std::vector<std::byte>> read_stored(const Item& item) try {
  if (item.frame >= 0) {
    const Result<image::Image> image = item.film->frame(item.frame);
    if (!image) return Failure{image.reason()};
    const std::string png = image::encode_png(*image);
    const auto bytes = std::as_bytes(std::span(png));
    return std::vector(bytes.begin(), bytes.end());
  }
  const MappedFile file(item.path);
  const auto bytes = range_of(file, item);
  if (item.value.index >= 0) return value_of(bytes, item);
  return std::vector(bytes.begin(), bytes.end());
} catch (const Error& error) {  // a file that cannot be opened is part of the data, too
  return Failure{error.what()};
}

Result<image::Image> read_picture(const Item& item, const image::DecodeOptions& options) try {
  if (item.frame >= 0) return item.film->frame(item.frame);
  if (item.bytes == 0) return image::read(item.path, options);
  const MappedFile file(item.path);
  std::span<const std::byte> bytes = range_of(file, item);
  std::vector<std::byte> value;
  if (item.value.index >= 0) bytes = value = value_of(bytes, item);
  Result<image::Image> image = image::decode(bytes, options);
  if (!image) return Failure{place_of(item) + ": " + image.reason()};
  return image;
} catch (const Error& error) {
  return Failure{error.what()};
}

Result<image::Image> ImageReader::read(const Item& item) {
  if (options_.cache_bytes == 0) return read_picture(item, options_.decode);
  const std::string key = key_of(item);
  if (const auto cached = find(key)) return *cached;
  Result<image::Image> image = read_picture(item, options_.decode);
  if (image) keep(key, *image);
  return image;
}

size_t ImageReader::cached_bytes() const {
  const std::shared_lock lock(mutex_);
  return cached_bytes_;
}

std::shared_ptr<const image::Image> ImageReader::find(const std::string& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = cache_.find(key);
  return found == cache_.end() ? nullptr : found->second;
}

void ImageReader::keep(const std::string& key, const image::Image& image) {
  const size_t bytes = image.pixels.size();
  {
    const std::shared_lock lock(mutex_);
    if (cached_bytes_ + bytes > options_.cache_bytes) return;
  }
  auto copy = std::make_shared<const image::Image>(image);
  const std::unique_lock lock(mutex_);
  if (cached_bytes_ + bytes > options_.cache_bytes) return;
  if (cache_.try_emplace(key, std::move(copy)).second) cached_bytes_ += bytes;
}

}  // namespace troodon::data
