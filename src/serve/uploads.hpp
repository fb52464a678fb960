#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "image/pixels.hpp"
#include "serve/decoders.hpp"

namespace troodon::serve {

struct UploadOptions {
  size_t count = 64;            ///< kept; the one longest unused goes first
  size_t bytes = 512ULL << 20;  ///< of decoded pictures, together
};

/// A picture somebody sent.
struct Upload {
  std::string ref;  ///< "u-" and 16 unguessable hexadecimal digits
  image::Image picture;
};

/// Sent pictures, decoded and upright, in memory. Safe from any thread.
class Uploads {
 public:
  explicit Uploads(Decoders& decoders, const UploadOptions& options = {})
      : decoders_(decoders), options_(options) {}

  /// Decodes and keeps. Throws as Decoders::sent() does.
  std::shared_ptr<const Upload> add(std::string_view file, Clock::time_point deadline);
  /// Null if it was forgotten or never was.
  std::shared_ptr<const Upload> find(const std::string& ref);
  size_t count() const;
  size_t bytes() const;

 private:
  Decoders& decoders_;
  UploadOptions options_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<const Upload>> kept_;  // the last used first
  std::unordered_map<std::string, std::list<std::shared_ptr<const Upload>>::iterator> places_;
  size_t bytes_ = 0;
};

/// Whether a ref names an upload: "u-..."; else a picture of the collection.
bool is_upload(std::string_view ref);

}  // namespace troodon::serve
