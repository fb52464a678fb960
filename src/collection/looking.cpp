#include "collection/looking.hpp"

#include <cmath>
#include <condition_variable>
#include <cstring>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "collection/codes.hpp"
#include "data/loader.hpp"
#include "fingerprint/dhash.hpp"
#include "image/exif.hpp"
#include "infer/reading.hpp"

namespace troodon::collection {
namespace {

constexpr int64_t kWindow = 4;  // batches among which pictures of one shape are gathered

/// What the readers note of a picture besides its pixels; its EXIF notes come after it, a line
/// each.
struct Noted {
  int32_t width = 0, height = 0;
  uint64_t difference = 0;
};

infer::Observer observer() {
  infer::Observer out;
  out.see = [](std::span<const std::byte> stored, const Result<image::Image>& picture) {
    Noted noted;
    if (picture)
      noted = {picture->width, picture->height, fingerprint::dhash(fingerprint::reduced(*picture))};
    const image::ExifNotes notes = image::exif_notes(stored);
    return std::string(reinterpret_cast<const char*>(&noted), sizeof(noted)) + notes.taken + '\n' +
           notes.camera;
  };
  return out;
}

data::Source source_of(const std::string& folder, const std::vector<std::string>& paths) {
  data::Source out;
  for (const std::string& path : paths)
    out.items.push_back({.path = (fs::path(folder) / path).string(), .id = path});
  return out;
}

/// Hands groups over on a thread of its own: one underway, one waiting.
class Keeper {
 public:
  explicit Keeper(const std::function<void(std::vector<Looked>)>& keep)
      : keep_(keep), thread_([this](const std::stop_token& stop) { work(stop); }) {}
  ~Keeper() {
    thread_.request_stop();  // what waits is kept first
    thread_.join();
  }
  void put(std::vector<Looked> group) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || waiting_.empty(); });
    if (error_) std::rethrow_exception(error_);
    waiting_ = std::move(group);
    changed_.notify_all();
  }
  void finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || (waiting_.empty() && !busy_); });
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
      std::vector<Looked> group = std::exchange(waiting_, {});
      busy_ = true;
      changed_.notify_all();
      lock.unlock();
      std::exception_ptr error;
      try {
        keep_(std::move(group));
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      busy_ = false;
      error_ = error;
      changed_.notify_all();
      if (error) return;
    }
  }

  const std::function<void(std::vector<Looked>)>& keep_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Looked> waiting_;
  bool busy_ = false;
  std::exception_ptr error_;
  std::jthread thread_;  ///< last: it uses the rest
};

/// A window's pictures, those that the network sees in one shape side by side.
std::vector<size_t> by_shape(const std::vector<infer::Pending>& window) {
  std::vector<size_t> out;
  for (size_t i = 0; i < window.size(); ++i) {
    if (window[i].views.count() > 0) out.push_back(i);
  }
  std::ranges::stable_sort(out, {}, [&](size_t i) {
    return std::pair(window[i].views.height(0), window[i].views.width(0));
  });
  return out;
}

Looked noted(const infer::Pending& pending, const data::Item& item, const FileState& state) {
  Looked out;
  Noted noted;
  std::memcpy(&noted, pending.seen.data(), sizeof(noted));
  out.record.picture = {.path = item.id,
                        .file = state,
                        .content_hash = pending.content_hash,
                        .difference = static_cast<int64_t>(noted.difference),
                        .width = noted.width,
                        .height = noted.height};
  const std::string notes = pending.seen.substr(sizeof(noted));
  const size_t end = notes.find('\n');
  if (end > 0) out.record.picture.columns[kTakenColumn] = notes.substr(0, end);
  if (end + 1 < notes.size()) out.record.picture.columns[kCameraColumn] = notes.substr(end + 1);
  out.reason = pending.reason;
  return out;
}

void keep_look(const Look& look, const Settings& settings, Record& record) {
  record.vector = look.vector;
  record.tokens = encode_tokens(look.tokens,
                                look.rows,
                                look.columns,
                                static_cast<int>(settings.token_dim()),
                                static_cast<int>(settings.token_side));
}

/// The pictures of a window, looked at in batches.
std::vector<Looked> look(std::vector<infer::Pending>& window,
                         std::span<const data::Item> items,
                         std::span<const FileState> states,
                         const AddOptions& options,
                         const Settings& settings,
                         infer::Embedder& embedder) {
  std::vector<Looked> out;
  for (size_t i = 0; i < window.size(); ++i) out.push_back(noted(window[i], items[i], states[i]));
  const auto patch = static_cast<int>(embedder.patch_size());
  const std::vector<size_t> all = by_shape(window);
  for (size_t from = 0; from < all.size(); from += static_cast<size_t>(options.batch)) {
    const auto whose = std::span(all).subspan(
        from, std::min(static_cast<size_t>(options.batch), all.size() - from));
    std::vector<image::Image> views;
    for (const size_t i : whose) views.push_back(window[i].views.take(0));
    const std::vector<std::vector<float>> features = embedder.embed_each(views);
    const auto keep = [&](size_t v) {
      keep_look(look_of(features[v], views[v].height / patch, views[v].width / patch, settings),
                settings,
                out[whose[v]].record);
    };
    parallel_for(views.size(), keep, options.threads);
  }
  return out;
}

/// Divides by the length; what has none stays.
void to_unit(std::span<float> x) {
  double squares = 0;
  for (const float v : x) squares += double{v} * v;
  if (!std::isfinite(squares))
    fail(Exit::numeric, "the network's features aren't finite; is its file damaged?");
  const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 1);
  for (float& v : x) v *= scale;
}

}  // namespace

infer::Geometry geometry_of(const Settings& settings, int64_t patch) {
  return {.resize = settings.fit == "crop" ? infer::Resize::crop : infer::Resize::fit,
          .size = static_cast<int>(settings.size),
          .patch = static_cast<int>(patch)};
}

Look look_of(std::span<const float> features, int rows, int columns, const Settings& settings) {
  const auto dim = static_cast<size_t>(settings.dim);
  const auto vector = features.last(dim);
  Look out;
  out.vector.assign(vector.begin(), vector.end());
  to_unit(out.vector);
  if (features.size() == dim) return out;
  out.rows = rows, out.columns = columns;
  const size_t tokens = static_cast<size_t>(rows) * columns, block = (1 + tokens) * dim;
  const auto early = features.first(block),
             late = features.first(features.size() - dim).last(block);
  out.tokens.resize(tokens * 2 * dim);
  for (size_t t = 0; t < tokens; ++t) {
    const auto token = std::span(out.tokens).subspan(t * 2 * dim, 2 * dim);
    std::ranges::copy(early.subspan((1 + t) * dim, dim), token.begin());
    std::ranges::copy(late.subspan((1 + t) * dim, dim),
                      token.begin() + static_cast<ptrdiff_t>(dim));
    to_unit(token.first(dim));
    to_unit(token.last(dim));
    to_unit(token);
  }
  return out;
}

void look_at(const AddOptions& options,
             const Settings& settings,
             const std::vector<std::string>& paths,
             infer::Embedder& embedder,
             const std::function<void(std::vector<Looked>)>& keep) {
  const data::Source source = source_of(options.folder, paths);
  std::vector<FileState> states;  // before reading: a file that changes meanwhile is read again
  for (const data::Item& item : source.items)
    states.push_back(state_of(item.path).value_or(FileState{}));
  const store::Reuse nothing;
  const auto count = static_cast<int64_t>(paths.size());
  infer::ReadingOptions reading{.decode = {.max_pixels = options.max_pixels},
                                .part = std::max<int64_t>(count, 1),
                                .window = options.batch * kWindow,
                                .threads = options.threads,
                                .strict = options.strict,
                                .observer = observer()};
  reading.geometry = geometry_of(settings, embedder.patch_size());
  infer::Reading pictures(reading, source, nothing, {0});
  Keeper keeper(keep);
  std::vector<Looked> group;
  for (int64_t w = 0; w < pictures.windows_per_part(); ++w) {
    if (interrupted() || (options.stop && options.stop())) break;
    const auto first = static_cast<size_t>(pictures.first(static_cast<uint64_t>(w)));
    std::vector<infer::Pending> window = pictures.next();
    auto looked = look(window,
                       std::span(source.items).subspan(first, window.size()),
                       std::span(states).subspan(first, window.size()),
                       options,
                       settings,
                       embedder);
    std::ranges::move(looked, std::back_inserter(group));
    if (static_cast<int64_t>(group.size()) >= options.commit) keeper.put(std::exchange(group, {}));
  }
  if (!group.empty()) keeper.put(std::move(group));
  keeper.finish();
}

}  // namespace troodon::collection
