#pragma once

#include <memory>
#include <string>

#include "collection/store.hpp"
#include "serve/decoders.hpp"
#include "serve/lru.hpp"
#include "serve/uploads.hpp"

namespace troodon::serve {

/// A picture's file or a smaller copy, ready to be sent.
struct PictureFile {
  std::string type;  ///< media type
  std::string bytes;
};

/// Pictures by their ref: of the collection, or uploads. No path of a request is ever opened: a ref
/// is a number, and the collection knows the file. Safe from any thread.
class Pictures {
 public:
  /// `folder`: where the collection's pictures lie.
  Pictures(std::shared_ptr<const collection::Store> store,
           std::string folder,
           Decoders& decoders,
           Uploads& uploads);

  /// The row of a picture of the collection. Throws Problem 404.
  collection::Picture row(const std::string& ref) const;
  /// An upload. Throws Problem 404.
  std::shared_ptr<const Upload> upload(const std::string& ref) const;
  /// Its pixels, upright. Throws Problem 404, 422, 503.
  image::Image pixels(const std::string& ref, Clock::time_point deadline) const;
  /// A JPEG whose longer side is at most `size`; kept for the next who asks.
  std::shared_ptr<const PictureFile> smaller(const std::string& ref,
                                             int size,
                                             Clock::time_point deadline);
  /// The file as it is; of an upload a PNG.
  PictureFile whole(const std::string& ref) const;

  /// Bytes that smaller copies take.
  size_t kept_bytes() const { return smaller_.bytes(); }

 private:
  fs::path path_of(const collection::Picture& picture) const;

  std::shared_ptr<const collection::Store> store_;
  fs::path folder_;
  Decoders& decoders_;
  Uploads& uploads_;
  Lru<PictureFile> smaller_{256ULL << 20};
};

/// The number that a ref names. Throws Problem 404.
int64_t id_of(const std::string& ref);

/// The picture with its longer side at most `size`, never enlarged.
image::Image shrunk(const image::Image& picture, int size);

/// The media type that a picture's first bytes tell; "application/octet-stream" for others.
std::string picture_type(std::string_view bytes);

}  // namespace troodon::serve
