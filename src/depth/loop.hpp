#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "depth/estimator.hpp"
#include "image/pixels.hpp"

namespace troodon::depth {

/// What becomes of frames that come faster than they can be looked at.
enum class Drop {
  newest,  ///< the newest wins: what waits is thrown away, so no answer is older than two looks
  never,   ///< the giver waits
};

struct Frame {
  int64_t number = 0;
  std::string name;  ///< of its files, without extension
  image::Image picture;
};

struct Answer {
  Frame frame;
  Map map;
  double latency = 0;  ///< seconds from push() to the end of the look
};

struct LoopOptions {
  Drop drop = Drop::newest;
  size_t waiting = 2;  ///< Drop::never: frames, and answers, that may wait
};

struct LoopStats {
  int64_t pushed = 0, answered = 0;
  int64_t dropped = 0;      ///< frames that nobody looked at
  int64_t unread = 0;       ///< answers that nobody took before a newer one came
  double seconds = 0;       ///< from the first push to the last answer
  double p50 = 0, p99 = 0;  ///< latency, seconds; of the last 4096 answers
  double worst = 0;         ///< of all

  double per_second() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
};

/// A worker thread between somebody who has frames and somebody who wants depth: neither holds up
/// the other longer than `drop` allows, and memory is bounded.
class Loop {
 public:
  using Look = std::function<Map(const image::Image&)>;

  /// `look` is called by the worker alone.
  explicit Loop(Look look, const LoopOptions& options = {});
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Hands a frame over. Drop::newest never waits. False: closed. From one or many threads.
  bool push(Frame frame);
  /// No more frames: what waits is still answered.
  void close();
  /// Drops what waits and closes; push() and next() return at once.
  void stop();
  /// The next answer; waits for it at most so many seconds (below 0: as long as it takes). None:
  /// too late, or closed and all answered (then finished()). Throws what `look` threw.
  std::optional<Answer> next(double seconds = -1);
  bool finished() const;
  LoopStats stats() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon::depth
