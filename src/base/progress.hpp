#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

namespace troodon {

enum class ProgressStyle { automatic, bar, plain, none };

/// A progress line on stderr: a redrawn bar on a terminal, a line every 10 s in a log file.
/// advance() is cheap and safe from any thread; the destructor draws the last state.
class Progress {
 public:
  Progress(std::string what, size_t total, ProgressStyle style = ProgressStyle::automatic);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(size_t n = 1);
  /// Text shown after the rate, e.g. "loss 9.81"; shown at the next draw.
  void note(std::string text);
  /// Starts counting at `done` (a resumed job), so that rate and ETA stay honest.
  void start_at(size_t done);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(size_t done, bool last);

  std::string what_;
  size_t total_;
  ProgressStyle style_;
  std::atomic<size_t> done_ = 0;
  size_t started_at_ = 0;
  std::mutex mutex_;
  std::string note_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_draw_ = Clock::now();
};

/// 75 -> "1 min 15 s"; for people.
std::string duration_text(double seconds);

}  // namespace troodon
