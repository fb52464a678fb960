#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "image/pixels.hpp"
#include "serve/http/message.hpp"

namespace troodon::serve {

struct BatcherOptions {
  int64_t batch = 16;                        ///< pictures at most; 1: no batching
  std::chrono::microseconds patience{3000};  ///< for as many as last time to arrive
  size_t queue = 256;                        ///< waiting pictures; more are refused
};

struct BatcherStatistics {
  uint64_t batches = 0, pictures = 0, refused = 0, late = 0;
  size_t waiting = 0;
};

/// Gathers pictures of many threads into batches for one network. A picture that finds the worker
/// idle is computed at once; one that comes while it computes waits for the next batch.
class Batcher {
 public:
  /// Features of pictures, a vector each; those of one shape stand side by side. Never called by
  /// two threads at once.
  using Compute = std::function<std::vector<std::vector<float>>(std::span<const image::Image>)>;

  Batcher(Compute compute, const BatcherOptions& options = {});
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// The picture's features [D]. Throws Problem 503 if too many wait or the deadline passes, and
  /// what `compute` threw.
  std::vector<float> embed(image::Image prepared,
                           Clock::time_point deadline = Clock::time_point::max());
  /// The same of several, which may share a batch.
  std::vector<std::vector<float>> embed_all(std::vector<image::Image> prepared,
                                            Clock::time_point deadline = Clock::time_point::max());
  BatcherStatistics statistics() const;

 private:
  struct Item;
  void work(const std::stop_token& stop);
  std::vector<Item*> gather(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void run(const std::vector<Item*>& items);

  Compute compute_;
  BatcherOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::condition_variable done_;
  std::deque<Item*> queue_;
  size_t last_ = 1;  // pictures of the last batch
  BatcherStatistics statistics_;
  std::jthread worker_;
};

}  // namespace troodon::serve
