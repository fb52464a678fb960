#include "serve/uploads.hpp"

#include "serve/http/gate.hpp"

namespace troodon::serve {
namespace {

size_t size_of(const Upload& upload) {
  return upload.picture.pixels.size();
}

}  // namespace

std::shared_ptr<const Upload> Uploads::add(std::string_view file, Clock::time_point deadline) {
  const auto upload = std::make_shared<const Upload>(
      Upload{.ref = "u-" + random_word(64), .picture = decoders_.sent(file, deadline)});
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
