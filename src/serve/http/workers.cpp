#include "serve/http/workers.hpp"

#include <system_error>
#include <utility>

namespace troodon::serve {

bool Workers::run(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  if (busy_ + jobs_.size() >= most_) return false;
  add(lock, std::move(job));
  return true;
}

void Workers::run_later(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  add(lock, std::move(job));
}

void Workers::add(std::unique_lock<std::mutex>& lock, std::function<void()> job) {
  jobs_.push_back(std::move(job));
  if (busy_ + jobs_.size() > threads_.size() && threads_.size() < most_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {  // no more threads: the job waits for one of these
      if (threads_.empty()) throw;
    }
  }
  lock.unlock();
  arrived_.notify_one();
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return !jobs_.empty() || finishing_; });
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    lock.lock();
    --busy_;
  }
}

void Workers::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

size_t Workers::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

}  // namespace troodon::serve
