#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace troodon {

/// Threads that stay, for many short pieces of work one soon after the other: they look for the
/// next piece for some 50 us before they sleep. parallel_for, which starts threads, suits long
/// ones.
class Team {
 public:
  /// `threads`: with the caller's; at least 1.
  explicit Team(size_t threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  size_t size() const { return helpers_.size() + 1; }

  /// body(i, worker) for each i in [0, n), in any order, worker < size(); the caller is worker 0.
  /// Returns when all are done; rethrows the first exception. Not reentrant, but for a team of
  /// one, which any number of threads may use at once.
  void run(size_t n, const std::function<void(size_t i, size_t worker)>& body);

 private:
  void help(size_t worker);
  void work(size_t worker);

  std::vector<std::jthread> helpers_;
  const std::function<void(size_t, size_t)>* body_ = nullptr;
  size_t count_ = 0;
  std::atomic<uint32_t> piece_ = 0;  ///< number of the piece of work
  std::atomic<size_t> next_ = 0, busy_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace troodon
