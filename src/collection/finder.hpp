#pragma once

#include <memory>
#include <mutex>
#include <span>

#include "collection/snapshot.hpp"
#include "collection/store.hpp"

namespace troodon::collection {

struct FinderOptions {
  size_t threads = 0;  ///< of one search; 0: all cores
};

/// How nearest pictures are found, for people.
struct FinderState {
  std::string kind = "exact";  ///< exact, graph or pgvector
  double recall = 1;           ///< of the ten nearest, measured; 1 for exact
  int64_t measured_on = 0;     ///< pictures that asked; 0: it needs no measuring
  int64_t pictures = 0;
  int64_t version = 0;  ///< of the store that it knows
};

/// The nearest pictures of a collection. What it searches is a snapshot that refresh() replaces as
/// a whole: searches never wait for one another, nor for pictures being added. Safe from any
/// thread.
class Finder {
 public:
  explicit Finder(std::shared_ptr<const Store> store, const FinderOptions& options = {});

  /// Takes over what the store has learnt since; cheap where that is nothing.
  void refresh();

  /// The k nearest to a vector of unit length, best first, equal ones by id.
  std::vector<Hit> nearest(std::span<const float> query,
                           int64_t k,
                           const Filter& filter = {}) const;

  /// Of pictures by id, [ids, dim]; zeros for those that aren't known.
  std::vector<float> vectors_of(std::span<const int64_t> ids) const;
  /// Every picture's.
  Vectors all() const;

  FinderState state() const;
  std::shared_ptr<const Snapshot> snapshot() const;

 private:
  std::shared_ptr<const Store> store_;
  FinderOptions options_;
  bool own_search_;  ///< the store searches itself
  std::mutex refreshing_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace troodon::collection
