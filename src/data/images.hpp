#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "data/source.hpp"
#include "image/decode.hpp"

namespace troodon::data {

struct ImageReaderOptions {
  image::DecodeOptions decode;
  size_t cache_bytes = 0;  ///< decoded pictures kept in memory; 0: none
};

/// Reads pictures, from memory where it has read them before: a small data set is decoded once.
/// The cache fills and then stays (a shuffled pass has no favourites to keep). The result is the
/// same with and without it. Safe from any thread.
class ImageReader {
 public:
  explicit ImageReader(const ImageReaderOptions& options = {}) : options_(options) {}

  /// The picture, or why it cannot be read (naming the path).
  Result<image::Image> read(const Item& item);
  size_t cached_bytes() const;

 private:
  std::shared_ptr<const image::Image> find(const std::string& path) const;
  void keep(const std::string& path, const image::Image& image);

  ImageReaderOptions options_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const image::Image>> cache_;
  size_t cached_bytes_ = 0;
};

}  // namespace troodon::data
