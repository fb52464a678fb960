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

  /// A part of a picture at the sizes at which it is looked for.
  std::vector<search::Region> region(const image::Image& picture,
                                     const search::Share& part,
                                     Clock::time_point deadline);

  BatcherStatistics statistics() const { return batcher_.statistics(); }

 private:
  search::Seen look(image::Image view, Clock::time_point deadline);

  collection::Settings settings_;
  infer::Embedder network_;
  int patch_;  // pixels
  Batcher batcher_;
  Lru<search::Seen> seen_{64ULL << 20};
};

}  // namespace troodon::serve
