#include "data/images.hpp"

#include <mutex>

namespace troodon::data {

Result<image::Image> ImageReader::read(const Item& item) {
  if (options_.cache_bytes == 0) return image::read(item.path, options_.decode);
  if (const auto cached = find(item.path)) return *cached;
  Result<image::Image> image = image::read(item.path, options_.decode);
  if (image) keep(item.path, *image);
  return image;
}

size_t ImageReader::cached_bytes() const {
  const std::shared_lock lock(mutex_);
  return cached_bytes_;
}

std::shared_ptr<const image::Image> ImageReader::find(const std::string& path) const {
  const std::shared_lock lock(mutex_);
  const auto found = cache_.find(path);
  return found == cache_.end() ? nullptr : found->second;
}

void ImageReader::keep(const std::string& path, const image::Image& image) {
  const size_t bytes = image.pixels.size();
  {
    const std::shared_lock lock(mutex_);
    if (cached_bytes_ + bytes > options_.cache_bytes) return;
  }
  auto copy = std::make_shared<const image::Image>(image);
  const std::unique_lock lock(mutex_);
  if (cached_bytes_ + bytes > options_.cache_bytes) return;
  if (cache_.try_emplace(path, std::move(copy)).second) cached_bytes_ += bytes;
}

}  // namespace troodon::data
