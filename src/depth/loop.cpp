#include "depth/loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace troodon::depth {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kRemembered = 4096;  ///< latencies

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// The value that so large a share is at most.
double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<ptrdiff_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + std::max<ptrdiff_t>(rank - 1, 0);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

struct Waiting {
  Frame frame;
  Clock::time_point pushed;
};

}  // namespace

struct Loop::Body {
  Look look;
  LoopOptions options;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Waiting> frames;
  std::deque<Answer> answers;
  bool closed = false, stopped = false, idle = true;
  std::exception_ptr error;
  LoopStats stats;
  std::vector<double> latencies;  ///< a ring
  Clock::time_point first, last;
  std::jthread worker;  // the last member: it ends before what it uses

  Body(Look l, const LoopOptions& o) : look(std::move(l)), options(o) {
    options.waiting = options.drop == Drop::newest ? 1 : std::max<size_t>(options.waiting, 1);
    worker = std::jthread([this] { work(); });
  }
  ~Body() { stop(); }

  void stop() {
    const std::lock_guard lock(mutex);
    stopped = closed = true;
    frames.clear(), answers.clear();
    changed.notify_all();
  }

  /// Room for one more, by waiting or by throwing away what waits. False: stopped meanwhile.
  template <class Queue>
  bool make_room(std::unique_lock<std::mutex>& lock,
                 Queue& queue,
                 int64_t& lost,
                 bool (*gone)(const Body&)) {
    if (options.drop == Drop::newest) {
      lost += static_cast<int64_t>(queue.size());
      queue.clear();
    } else {
      changed.wait(lock, [&] { return gone(*this) || queue.size() < options.waiting; });
    }
    return !gone(*this);
  }

  bool push(Frame frame) {
    std::unique_lock lock(mutex);
    const Clock::time_point now = Clock::now();  // waiting for room counts
    if (closed) return false;
    if (!make_room(lock, frames, stats.dropped, [](const Body& body) { return body.closed; }))
      return false;
    if (stats.pushed++ == 0) first = last = now;
    frames.push_back({std::move(frame), now});
    changed.notify_all();
    return true;
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopped || closed || !frames.empty(); });
      if (stopped || frames.empty()) return;
      Waiting taken = std::move(frames.front());
      frames.pop_front();
      idle = false;
      changed.notify_all();
      lock.unlock();
      Map map;
      std::exception_ptr thrown;
      try {
        map = look(taken.frame.picture);
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      const bool more = deliver(lock, std::move(taken), std::move(map), thrown);
      idle = true;  // not before the answer lies there: until then one is to come
      changed.notify_all();
      if (!more) return;
    }
  }

  /// False: this was the last.
  bool deliver(std::unique_lock<std::mutex>& lock,
               Waiting taken,
               Map map,
               std::exception_ptr thrown) {
    if (thrown) {
      error = thrown;
      closed = stopped = true;
      frames.clear();
      return false;
    }
    last = Clock::now();
    const double latency = seconds_between(taken.pushed, last);
    if (!make_room(lock, answers, stats.unread, [](const Body& body) { return body.stopped; }))
      return false;
    answers.push_back({std::move(taken.frame), std::move(map), latency});
    const auto place = static_cast<size_t>(stats.answered++);
    if (place < kRemembered)
      latencies.push_back(latency);
    else
      latencies[place % kRemembered] = latency;
    stats.worst = std::max(stats.worst, latency);
    return true;
  }

  bool nothing_comes() const { return stopped || (closed && idle && frames.empty()); }
};

Loop::Loop(Look look, const LoopOptions& options)
    : body_(std::make_unique<Body>(std::move(look), options)) {}
Loop::~Loop() = default;

bool Loop::push(Frame frame) {
  return body_->push(std::move(frame));
}

void Loop::close() {
  const std::lock_guard lock(body_->mutex);
  body_->closed = true;
  body_->changed.notify_all();
}

void Loop::stop() {
  body_->stop();
}

std::optional<Answer> Loop::next(double seconds) {
  Body& body = *body_;
  std::unique_lock lock(body.mutex);
  const auto ready = [&] { return !body.answers.empty() || body.nothing_comes(); };
  if (seconds < 0)
    body.changed.wait(lock, ready);
  else
    body.changed.wait_for(lock, std::chrono::duration<double>(seconds), ready);
  if (body.answers.empty()) {
    if (body.error) std::rethrow_exception(std::exchange(body.error, nullptr));
    return std::nullopt;
  }
  Answer out = std::move(body.answers.front());
  body.answers.pop_front();
  body.changed.notify_all();
  return out;
}

bool Loop::finished() const {
  const std::lock_guard lock(body_->mutex);
  return body_->answers.empty() && !body_->error && body_->nothing_comes();
}

LoopStats Loop::stats() const {
  const std::lock_guard lock(body_->mutex);
  LoopStats out = body_->stats;
  out.seconds = seconds_between(body_->first, body_->last);
  out.p50 = quantile(body_->latencies, 0.5);
  out.p99 = quantile(body_->latencies, 0.99);
  return out;
}

}  // namespace troodon::depth
