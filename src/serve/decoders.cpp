#include "serve/decoders.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "image/decode.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

/// One of the decoders, given back at the end.
class Turn {
 public:
  Turn(std::counting_semaphore<64>& free, Clock::time_point deadline) : free_(free) {
    // Not at the end of time: the wait is computed in a clock of its own.
    const auto latest = std::min(deadline, Clock::now() + std::chrono::hours(1));
    if (!free_.try_acquire_until(latest)) {
      throw Problem(503, "too many pictures are being decoded; ask again", 1);
    }
  }
  ~Turn() { free_.release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::counting_semaphore<64>& free_;
};

int status_of(const std::string& reason) {
  if (reason.find("no known picture format") != std::string::npos) return 415;
  if (reason.find("more than the limit of") != std::string::npos) return 413;
  return 422;
}

}  // namespace

image::Image Decoders::sent(std::string_view file, Clock::time_point deadline) {
  if (file.empty()) refuse(415, "the body is empty; send a picture's file");
  const Turn turn(free_, deadline);
  Result<image::Image> picture =
      image::decode(std::as_bytes(std::span(file)), {.max_pixels = options_.max_pixels});
  if (!picture) refuse(status_of(picture.reason()), "the body: {}", picture.reason());
  return std::move(*picture);
}

image::Image Decoders::file(const fs::path& path, int64_t min_side, Clock::time_point deadline) {
  const Turn turn(free_, deadline);
  // The collection's own pictures were let in with its own limit.
  Result<image::Image> picture = image::read(path, {.min_side = min_side});
  if (!picture) refuse(422, "the picture can't be read any more: its file has changed");
  return std::move(*picture);
}

}  // namespace troodon::serve
