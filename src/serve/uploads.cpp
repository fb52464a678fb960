#include "serve/uploads.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "image/decode.hpp"
#include "serve/http/gate.hpp"
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

size_t size_of(const Upload& upload) {
  return upload.picture.pixels.size();
}

}  // namespace

image::Image Uploads::decode(std::string_view file, Clock::time_point deadline) {
  if (file.empty()) refuse(415, "the body is empty; send a picture's file");
  const Turn turn(decoders_, deadline);
  Result<image::Image> picture =
      image::decode(std::as_bytes(std::span(file)), {.max_pixels = options_.max_pixels});
  if (!picture) refuse(status_of(picture.reason()), "the body: {}", picture.reason());
  return std::move(*picture);
}

std::shared_ptr<const Upload> Uploads::add(std::string_view file, Clock::time_point deadline) {
  const auto upload = std::make_shared<const Upload>(
      Upload{.ref = "u-" + random_word(64), .picture = decode(file, deadline)});
  const std::lock_guard lock(mutex_);
  kept_.push_front(upload);
  places_[upload->ref] = kept_.begin();
  bytes_ += size_of(*upload);
  // The newest stays, however large: it is about to be asked for.
  while (kept_.size() > 1 && (kept_.size() > options_.count || bytes_ > options_.bytes)) {
    bytes_ -= size_of(*kept_.back());
    places_.erase(kept_.back()->ref);
    kept_.pop_back();
  }
  return upload;
}

std::shared_ptr<const Upload> Uploads::find(const std::string& ref) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(ref);
  if (found == places_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return *found->second;
}

size_t Uploads::count() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

size_t Uploads::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool is_upload(std::string_view ref) {
  return ref.starts_with("u-");
}

}  // namespace troodon::serve
