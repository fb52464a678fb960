#include "base/progress.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

namespace troodon {
namespace {

ProgressStyle resolve(ProgressStyle style) {
  if (style != ProgressStyle::automatic) return style;
  const char* term = std::getenv("TERM");
  const bool dumb =
      term == nullptr || std::string_view(term) == "dumb" || std::getenv("CI") != nullptr;
  return ::isatty(STDERR_FILENO) == 1 && !dumb ? ProgressStyle::bar : ProgressStyle::plain;
}

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(std::string what, size_t total, ProgressStyle style)
    : what_(std::move(what)), total_(total), style_(resolve(style)) {}

Progress::~Progress() {
  draw(done_, /*last=*/true);
}

void Progress::start_at(size_t done) {
  const std::lock_guard lock(mutex_);
  done_ = started_at_ = done;
  start_ = Clock::now();
}

void Progress::note(std::string text) {
  const std::lock_guard lock(mutex_);
  note_ = std::move(text);
}

void Progress::advance(size_t n) {
  const size_t done = done_ += n;
  const std::unique_lock drawing(mutex_, std::try_to_lock);
  if (!drawing || Clock::now() < next_draw_) return;  // another thread draws, or it is too soon
  const auto pause =
      style_ == ProgressStyle::bar ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  next_draw_ = Clock::now() + pause;
  draw(done, /*last=*/false);
}

void Progress::draw(size_t done, bool last) {
  if (style_ == ProgressStyle::none || (last && done == started_at_)) return;
  const double seconds = seconds_between(start_, Clock::now());
  const double rate = static_cast<double>(done - started_at_) / std::max(seconds, 1e-9);
  std::string line = fmt::format("{} {}", what_, done);
  if (total_ > 0)
    line += fmt::format(
        "/{} ({:.0f} %)", total_, 100.0 * static_cast<double>(done) / static_cast<double>(total_));
  const bool known = last || seconds >= 1;  // a rate of the first moments is noise
  if (known) line += fmt::format(", {:.3g}/s", rate);
  if (last) {
    line += ", took " + duration_text(seconds);
  } else if (known && total_ > done && rate > 0) {
    line += ", " + duration_text(static_cast<double>(total_ - done) / rate) + " left";
  }
  if (!note_.empty()) line += ", " + note_;
  const bool bar = style_ == ProgressStyle::bar;
  line = fmt::format("{}{}{}", bar ? "\r\033[K" : "", line, bar && !last ? "" : "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace troodon
