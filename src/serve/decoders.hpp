#pragma once

#include <semaphore>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "image/pixels.hpp"
#include "serve/http/message.hpp"

namespace troodon::serve {

struct DecodersOptions {
  int64_t max_pixels = 64'000'000;  ///< of one picture
  int count = 4;                    ///< pictures decoded at the same time, at most 64
};

/// Decodes pictures, few at a time: what one takes is known only while it is decoded, and many at
/// once would take all memory. Safe from any thread.
class Decoders {
 public:
  explicit Decoders(const DecodersOptions& options = {})
      : options_(options), free_(options.count) {}

  /// The picture in a file that somebody sent, upright. Throws Problem: 415 not a picture, 413 too
  /// many pixels, 422 a broken one, 503 if no decoder is free before the deadline.
  image::Image sent(std::string_view file, Clock::time_point deadline);
  /// A picture's file; `min_side`: as in image::DecodeOptions. Throws Problem 422 or 503.
  image::Image file(const fs::path& path, int64_t min_side, Clock::time_point deadline);

 private:
  DecodersOptions options_;
  std::counting_semaphore<64> free_;
};

}  // namespace troodon::serve
