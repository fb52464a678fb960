#include "base/team.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace troodon {
namespace {

constexpr int kLooks = 1000;  // of some 50 ns

void breathe() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

Team::Team(size_t threads) {
  for (size_t worker = 1; worker < std::max<size_t>(threads, 1); ++worker) {
    helpers_.emplace_back([this, worker] { help(worker); });
  }
}

Team::~Team() {
  stop_ = true;
  ++piece_;
  piece_.notify_all();
}

void Team::help(size_t worker) {
  uint32_t seen = 0;
  while (true) {
    for (int look = 0; look < kLooks && piece_.load() == seen; ++look) breathe();
    piece_.wait(seen);
    seen = piece_.load();
    if (stop_) return;
    work(worker);
    --busy_;
  }
}

void Team::work(size_t worker) {
  try {
    for (size_t i = next_++; i < count_; i = next_++) (*body_)(i, worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
    next_ = count_;
  }
}

void Team::run(size_t n, const std::function<void(size_t, size_t)>& body) {
  if (helpers_.empty()) {
    for (size_t i = 0; i < n; ++i) body(i, 0);
    return;
  }
  body_ = &body, count_ = n, error_ = nullptr;
  next_ = 0, busy_ = helpers_.size();
  ++piece_;
  piece_.notify_all();
  work(0);
  for (int look = 0; busy_.load() != 0; ++look) {
    look < kLooks ? breathe() : std::this_thread::yield();
  }
  if (error_) std::rethrow_exception(error_);
}

}  // namespace troodon
