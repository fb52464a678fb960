#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace troodon::data {

struct LoaderOptions {
  size_t threads = 0;        ///< that fill batches; 0: all cores
  size_t ahead = 2;          ///< batches being filled or waiting, at most: this bounds the memory
  size_t slots = 1;          ///< pieces of a batch that are filled independently
  uint64_t first_batch = 0;  ///< where a resumed run continues
  uint64_t end_batch = std::numeric_limits<uint64_t>::max();  ///< one past the last
};

/// Fills batches ahead of their use. Batches arrive in order, and are the same for any number of
/// threads as long as fill() depends only on its arguments.
template <class Batch>
class Loader {
 public:
  using Begin = std::function<Batch(uint64_t batch_number)>;
  using Fill = std::function<void(Batch& batch, uint64_t batch_number, size_t slot)>;

  /// `begin` makes an empty batch, `fill` fills one of its slots; both run on the loader's threads.
  Loader(const LoaderOptions& options, Begin begin, Fill fill)
      : options_(options),
        begin_(std::move(begin)),
        fill_(std::move(fill)),
        next_number_(options.first_batch) {
    options_.ahead = std::max<size_t>(options_.ahead, 1);
    options_.slots = std::max<size_t>(options_.slots, 1);
    const size_t threads = options_.threads == 0 ? core_count() : options_.threads;
    for (size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }
  ~Loader() {
    for (auto& thread : threads_) thread.request_stop();
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch; waits until it is full. Rethrows what begin() or fill() threw for it: of the
  /// lowest slot, so the same error for any number of threads. Throws Error past the last batch.
  Batch next() {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    if (delivered_ >= end_count())
      fail("the loader has no batch after number {}", options_.end_batch);
    changed_.wait(lock,
                  [this] { return !pending_.empty() && pending_.front().settled(options_.slots); });
    wait_ += std::chrono::steady_clock::now() - start;
    if (pending_.front().error) std::rethrow_exception(pending_.front().error);
    Batch batch = std::move(*pending_.front().batch);
    pending_.pop_front();
    ++delivered_;
    lock.unlock();
    changed_.notify_all();
    return batch;
  }

  /// True once every batch before end_batch was handed out.
  bool done() const {
    const std::lock_guard lock(mutex_);
    return delivered_ >= end_count();
  }

  /// Seconds that next() has waited so far: the time the data cost the consumer.
  double wait_seconds() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration<double>(wait_).count();
  }

 private:
  struct Pending {
    uint64_t number = 0;
    std::optional<Batch> batch;  ///< none while begin() runs
    size_t started = 0;          ///< slots handed to threads
    size_t running = 0;          ///< threads inside begin() or fill() for this batch
    std::exception_ptr error = {};
    size_t error_slot = 0;

    bool settled(size_t slots) const {
      return running == 0 && (error || (batch && started == slots));
    }
  };

  uint64_t end_count() const {
    return options_.end_batch - std::min(options_.end_batch, options_.first_batch);
  }

  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (Pending* full = open_slot()) {
        fill_slot(*full, lock);
      } else if (pending_.size() < options_.ahead && next_number_ < options_.end_batch) {
        open_batch(lock);
      } else {
        changed_.wait(lock, stop, [this] {
          return open_slot() ||
                 (pending_.size() < options_.ahead && next_number_ < options_.end_batch);
        });
      }
    }
  }

  /// The earliest batch with a slot nobody has started; null if there is none.
  Pending* open_slot() {
    for (Pending& pending : pending_) {
      if (pending.batch && !pending.error && pending.started < options_.slots) return &pending;
    }
    return nullptr;
  }

  void open_batch(std::unique_lock<std::mutex>& lock) {
    Pending& pending = pending_.emplace_back();
    pending.number = next_number_++;
    pending.running = 1;
    lock.unlock();
    std::optional<Batch> batch;
    std::exception_ptr error;
    try {
      batch.emplace(begin_(pending.number));
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    pending.batch = std::move(batch);
    pending.error = error;
    --pending.running;
    changed_.notify_all();
  }

  void fill_slot(Pending& pending, std::unique_lock<std::mutex>& lock) {
    const size_t slot = pending.started++;
    ++pending.running;
    lock.unlock();
    std::exception_ptr error;
    try {
      fill_(*pending.batch, pending.number, slot);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error && (!pending.error || slot < pending.error_slot)) {
      pending.error = error;
      pending.error_slot = slot;
    }
    --pending.running;
    if (pending.settled(options_.slots)) changed_.notify_all();
  }

  LoaderOptions options_;
  Begin begin_;
  Fill fill_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<Pending> pending_;  ///< in order of their numbers; addresses stay
  uint64_t next_number_;
  uint64_t delivered_ = 0;
  std::chrono::steady_clock::duration wait_{};
  std::vector<std::jthread> threads_;  ///< last: they stop before the rest goes
};

}  // namespace troodon::data
