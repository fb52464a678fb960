#include "infer/reading.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "data/images.hpp"

namespace troodon::infer {

Reading::Reading(const ReadingOptions& options,
                 const data::Source& source,
                 const store::Reuse& reuse,
                 std::vector<int64_t> parts)
    : options_(options),
      source_(source),
      reuse_(reuse),
      parts_(std::move(parts)),
      windows_((options.part + options.window - 1) / options.window) {
  if (options_.threads == 0) options_.threads = core_count();
  data::LoaderOptions loading{.threads = options_.threads,
                              .ahead = options.ahead,
                              .slots = static_cast<size_t>(options.window)};
  loading.end_batch = parts_.size() * static_cast<size_t>(windows_);
  loader_ = std::make_unique<data::Loader<std::vector<Pending>>>(
      loading,
      [this](uint64_t number) { return std::vector<Pending>(count(number)); },
      [this](std::vector<Pending>& window, uint64_t number, size_t slot) {
        if (slot >= window.size()) return;
        const auto start = std::chrono::steady_clock::now();
        window[slot] = read(source_.items[static_cast<size_t>(first(number)) + slot]);
        busy_ns_ += (std::chrono::steady_clock::now() - start) / std::chrono::nanoseconds(1);
      });
}

int64_t Reading::first(uint64_t number) const {
  const auto n = static_cast<int64_t>(number);
  return parts_[static_cast<size_t>(n / windows_)] * options_.part + n % windows_ * options_.window;
}

size_t Reading::count(uint64_t number) const {
  const int64_t part_end = (parts_[number / static_cast<uint64_t>(windows_)] + 1) * options_.part;
  const int64_t end = std::min(
      {first(number) + options_.window, part_end, static_cast<int64_t>(source_.items.size())});
  return static_cast<size_t>(std::max<int64_t>(end - first(number), 0));
}

Pending Reading::read(const data::Item& item) const {
  Pending out;
  const Observer& observer = options_.observer;
  const auto bytes = data::read_stored(item);
  if (bytes) {
    out.content_hash = static_cast<int64_t>(xxh64(*bytes));
    out.old_row = reuse_.find(out.content_hash);
    if (out.old_row && !observer) return out;
    const auto picture = image::decode(*bytes, options_.decode);
    if (observer) out.seen = observer.see(*bytes, picture);
    if (out.old_row) return out;
    if (picture)
      out.views = prepare(*picture, options_.geometry);
    else
      out.reason = data::place_of(item) + ": " + picture.reason();
  } else {
    out.reason = bytes.reason();
    if (observer) out.seen = observer.see({}, Failure{out.reason});
  }
  if (options_.strict && !out.reason.empty()) fail(Exit::input, "{}", out.reason);
  return out;
}

}  // namespace troodon::infer
