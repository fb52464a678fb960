#include "base/work.hpp"

#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace troodon {
namespace {

constexpr const char* kKey = "key";
constexpr auto kBetweenStates = std::chrono::seconds(10);

/// The folder is emptied unless its pieces are of this key.
void claim(const fs::path& folder, const std::string& key) {
  const fs::path file = folder / kKey;
  std::error_code ignored;
  if (fs::exists(file, ignored) && read_text(file) == key) return;
  fs::remove_all(folder, ignored);
  write_atomically(file, key);
}

std::string piece_name(const std::string& step, size_t i) {
  return fmt::format("{}.{:06}", step, i);
}

}  // namespace

Work::Work(fs::path folder, const std::string& key, Ranks* ranks, ProgressStyle progress)
    : folder_(std::move(folder)), ranks_(ranks), style_(progress) {
  if (this->ranks().first()) claim(folder_, key);
  this->ranks().barrier();
}

Work::~Work() {
  if (!kept() || !ranks().first()) return;
  std::error_code ignored;
  int files = 0;
  for (fs::directory_iterator at(folder_, ignored), end; at != end; at.increment(ignored)) ++files;
  if (files == 1 && fs::exists(folder_ / kKey, ignored)) fs::remove_all(folder_, ignored);
}

Ranks& Work::ranks() const {
  static Ranks alone;
  return ranks_ == nullptr ? alone : *ranks_;
}

void Work::check_interrupt() const {
  if (interrupted())
    throw Error(kept() ? "stopped; repeat the same command to go on" : "stopped; nothing written");
}

std::unique_ptr<Progress> Work::progress(const std::string& what, size_t total) const {
  return std::make_unique<Progress>(what, total, ranks().first() ? style_ : ProgressStyle::none);
}

void Work::pieces(const Step& step,
                  const std::function<std::string(size_t)>& make,
                  const std::function<void(size_t, std::string_view)>& take) const {
  const auto done = [&](size_t i) { return kept() && fs::exists(file(piece_name(step.name, i))); };
  const auto size = kept() ? static_cast<size_t>(ranks().size()) : 1;
  const auto line = progress(step.label, step.items);
  for (size_t i = 0; i < step.count; ++i) {
    if (!done(i) && (size == 1 || i % size == static_cast<size_t>(ranks().rank()))) {
      check_interrupt();
      const std::string bytes = make(i);
      if (kept()) write_atomically(file(piece_name(step.name, i)), bytes);
      if (size == 1) take(i, bytes);
    } else if (size == 1) {
      take(i, read_text(file(piece_name(step.name, i))));
    }
    line->advance(step.items * (i + 1) / step.count - step.items * i / step.count);
  }
  if (size == 1) return;
  ranks().barrier();
  for (size_t i = 0; i < step.count; ++i) {
    if (!done(i))
      fail(Exit::resource,
           "{}: a piece of another rank is not there; ranks need one folder that all of them see",
           file(piece_name(step.name, i)).string());
    take(i, read_text(file(piece_name(step.name, i))));
  }
}

bool Work::is_there(const std::string& step) const {
  int64_t there = kept() && fs::exists(file(step)) ? 1 : 0;
  ranks().add({&there, 1});
  return there == ranks().size();
}

std::string Work::together(const std::string& step,
                           const std::function<std::string()>& make) const {
  if (is_there(step)) return read_text(file(step));
  std::string bytes = make();
  if (kept() && ranks().first()) write_atomically(file(step), bytes);
  return bytes;
}

std::string Work::recall(const std::string& step) const {
  return is_there(step) ? read_text(file(step)) : "";
}

void Work::remember(const std::string& step, const std::function<std::string()>& state) const {
  const auto now = std::chrono::steady_clock::now();
  if (!kept() || !ranks().first() || now - remembered_ < kBetweenStates) return;
  write_atomically(file(step), state());
  remembered_ = now;
}

void Work::finish() const {
  ranks().barrier();
  std::error_code ignored;
  if (kept() && ranks().first()) fs::remove_all(folder_, ignored);
}

}  // namespace troodon
