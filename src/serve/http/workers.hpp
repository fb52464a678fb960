#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace troodon::serve {

/// Threads, one for each job that runs: a job that waits long (a stream, an idle connection) keeps
/// no other from running. They are made as needed and used again.
class Workers {
 public:
  explicit Workers(size_t most) : most_(most) {}
  ~Workers() { finish(); }

  /// Runs the job on a free thread. False: all are busy (the job was not taken).
  bool run(std::function<void()> job);
  /// The same, but the job waits if all are busy.
  void run_later(std::function<void()> job);
  /// Waits for all jobs.
  void finish();
  size_t busy() const;

 private:
  void work();
  void add(std::unique_lock<std::mutex>& lock, std::function<void()> job);

  size_t most_, busy_ = 0;
  bool finishing_ = false;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
};

}  // namespace troodon::serve
