#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "explore/clusters.hpp"
#include "explore/duplicates.hpp"
#include "search/searcher.hpp"
#include "serve/http/message.hpp"

namespace troodon::serve {

/// What can be said of the whole collection; rows are pictures.
struct Explored {
  int64_t version = -1;                  ///< of the collection
  std::vector<int64_t> ids;              ///< [rows]
  std::vector<int64_t> labels;           ///< [rows], a place in label_names; -1: none
  std::vector<std::string> label_names;  ///< as /v1/collection has them
  std::vector<float> places;             ///< [rows, 2] of the map
  std::vector<float> outliers;           ///< [rows]
  explore::Clusters clusters;
};

/// Groups of pictures that resemble each other.
struct Alike {
  int64_t version = -1;
  std::vector<int64_t> ids;  ///< [rows]
  std::vector<explore::DuplicateGroup> groups;
};

/// Computes it when it is first asked for, on a thread of its own, and again when the collection
/// has changed; meanwhile the last one is as good. Safe from any thread.
class Explorer {
 public:
  Explorer(const search::Searcher& searcher, size_t threads)
      : searcher_(searcher), threads_(threads) {}
  ~Explorer();

  /// Throws Problem: 503 with Retry-After while the first one is computed, 500 if it can't be.
  std::shared_ptr<const Explored> now();
  /// Pictures that resemble each other; computed in the call, then kept.
  std::shared_ptr<const Alike> alike(explore::Tier tier);

 private:
  void start();

  const search::Searcher& searcher_;
  size_t threads_;
  std::mutex mutex_, comparing_;
  std::shared_ptr<const Explored> last_;
  std::map<explore::Tier, std::shared_ptr<const Alike>> alike_;
  std::string trouble_;
  bool computing_ = false;
  Clock::time_point finished_;
  std::jthread thread_;
};

}  // namespace troodon::serve
