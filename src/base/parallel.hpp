#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace troodon {

/// Cores this process may use.
size_t core_count();

/// Runs body(i) for each i in [0, n) on `threads` cores (0: all), in any order; rethrows the first
/// exception. Work is cut by index, so a body that writes only its own slot gives the same result
/// for any number of threads.
template <std::invocable<size_t> Body>
void parallel_for(size_t n, Body&& body, size_t threads = 0) {
  threads = std::min(n, threads == 0 ? core_count() : threads);
  if (threads <= 1) {
    for (size_t i = 0; i < n; ++i) body(i);
    return;
  }
  std::atomic<size_t> next = 0;
  std::exception_ptr error;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (size_t i = next++; i < n; i = next++) body(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      next = n;
    }
  };
  {
    std::vector<std::jthread> pool;
    for (size_t t = 1; t < threads; ++t) pool.emplace_back(work);
    work();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace troodon
