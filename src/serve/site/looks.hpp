#pragma once

#include <memory>
#include <string>

#include "collection/store.hpp"
#include "search/asking.hpp"
#include "serve/batcher.hpp"
#include "serve/lru.hpp"
#include "serve/uploads.hpp"

namespace troodon::serve {

/// The collection's network, asked by many at once: their pictures share its batches.
class Looks {
 public:
  /// Throws Error (Exit::input) where the network is another one by now.
  Looks(const collection::Settings& settings,
        const infer::EmbedOptions& embed,
        const BatcherOptions& batcher);

  /// What the network sees in a picture. Throws Problem 503 (Batcher::embed).
  search::Seen of(const image::Image& picture, Clock::time_point deadline);
  /// The same, kept for the next who asks about this upload.
  std::shared_ptr<const search::Seen> of(const Upload& upload, Clock::time_point deadline);

  BatcherStatistics statistics() const { return batcher_.statistics(); }

 private:
  infer::Embedder network_;
  int side_;     // patches in a row and in a column
  int64_t dim_;  // of a token
  Batcher batcher_;
  Lru<search::Seen> seen_{64ULL << 20};
};

}  // namespace troodon::serve
