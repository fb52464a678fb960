#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/source.hpp"
#include "image/decode.hpp"

namespace troodon::data {

/// The bytes of a picture as they are stored: of its file, of its range of a shard, or of its
/// value in a Parquet file; a frame of a video as a PNG file. A failure names the place.
Result<std::vector<std::byte>> read_stored(const Item& item);

/// Reads and decodes a picture of any source. A failure names the place. Safe from any thread.
Result<image::Image> read_picture(const Item& item, const image::DecodeOptions& options = {});

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
  std::shared_ptr<const image::Image> find(const std::string& key) const;
  void keep(const std::string& key, const image::Image& image);

  ImageReaderOptions options_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const image::Image>> cache_;
  size_t cached_bytes_ = 0;
};

}  // namespace troodon::data
