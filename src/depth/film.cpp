#include "depth/film.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "depth/frame_files.hpp"

namespace troodon::depth {
namespace {

constexpr double kLookUp = 0.1;  ///< seconds between looks whether somebody wants to stop

/// Frames to the loop, on a thread of its own.
class Reader {
 public:
  Reader(Frames frames, Loop& loop, const FilmOptions& options)
      : loop_(loop),
        options_(options),
        thread_([this, f = std::move(frames)](const std::stop_token& stop) { read(f, stop); }) {}
  ~Reader() {
    thread_.request_stop();
    loop_.stop();  // the thread may be waiting for room
  }

  std::vector<std::string> bad() const {
    const std::lock_guard lock(mutex_);
    return bad_;
  }
  void rethrow() const {
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void read(const Frames& frames, const std::stop_token& stop) {
    try {
      for (int64_t count = 0; options_.limit == 0 || count < options_.limit; ++count) {
        if (stop.stop_requested() || interrupted()) break;
        auto frame = frames();
        if (!frame) break;
        if (!*frame) {
          if (options_.strict) fail(Exit::input, "{}", frame->reason());
          const std::lock_guard lock(mutex_);
          bad_.push_back(frame->reason());
        } else if (!loop_.push(**std::move(frame))) {
          break;
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
    }
    loop_.close();
  }

  Loop& loop_;
  const FilmOptions& options_;
  mutable std::mutex mutex_;
  std::vector<std::string> bad_;
  std::exception_ptr error_;
  std::jthread thread_;  // the last member: it ends before what it uses
};

/// What is done to a frame's depth before it is written.
class Finish {
 public:
  explicit Finish(const FilmOptions& options) : options_(options), smoother_(options.smooth) {}

  Map operator()(Map map) {
    if (!options_.known.empty()) {
      if (!alignment) alignment = align(map, options_.known, options_.space);
      map = aligned(map, *alignment);
    }
    return smoother_.next(std::move(map));
  }

  std::optional<Alignment> alignment;

 private:
  const FilmOptions& options_;
  Smoother smoother_;
};

std::string rate_text(const LoopStats& stats) {
  return fmt::format("{:.1f} frames/s, latency {:.0f} ms (p99 {:.0f}), {} dropped",
                     stats.per_second(),
                     1e3 * stats.p50,
                     1e3 * stats.p99,
                     stats.dropped);
}

}  // namespace

FilmResult look_at(const FilmOptions& options, Frames frames, Loop::Look look) {
  FrameFiles files(options);  // says what is wrong with the formats before anything is done
  Finish finish(options);
  FilmResult out;
  Loop loop(std::move(look), {.drop = options.drop});
  {
    Reader reader(std::move(frames), loop, options);
    Progress progress("depth", static_cast<size_t>(options.limit), options.progress);
    while (!loop.finished() && !interrupted()) {
      auto answer = loop.next(kLookUp);
      if (!answer) continue;
      answer->map = finish(std::move(answer->map));
      out.metric = answer->map.metric;
      files.write(*answer);
      progress.note(rate_text(loop.stats()));
      progress.advance();
    }
    out.interrupted = interrupted();
    out.stats = loop.stats();
    reader.rethrow();
    out.bad_frames = reader.bad();
  }
  out.alignment = finish.alignment;
  return out;
}

FilmResult look_at(const FilmOptions& options) {
  Estimator estimator(options.estimator);
  FilmResult out = look_at(options, open_frames(options.frames), [&](const image::Image& picture) {
    return estimator.of(picture);
  });
  out.model = estimator.description();
  return out;
}

}  // namespace troodon::depth
