#include "collection/looking.hpp"

#include <cmath>
#include <condition_variable>
#include <cstring>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "collection/codes.hpp"
#include "data/loader.hpp"
#include "fingerprint/dhash.hpp"
#include "infer/reading.hpp"

namespace troodon::collection {
namespace {

/// What the readers note of a picture besides its pixels.
struct Noted {
  int32_t width = 0, height = 0;
  uint64_t difference = 0;
};

infer::Observer observer() {
  infer::Observer out;
  out.see = [](std::span<const std::byte>, const Result<image::Image>& picture) {
    Noted noted;
    if (picture)
      noted = {picture->width,
               picture->height,
               fingerprint::dhash(fingerprint::reduced(*picture))};
    return std::string(reinterpret_cast<const char*>(&noted), sizeof(noted));
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

/// The pictures of a window, looked at `batch` at a time.
std::vector<Looked> look(std::vector<infer::Pending>& window,
                         std::span<const data::Item> items,
                         std::span<const FileState> states,
                         const Settings& settings,
                         infer::Embedder& embedder) {
  std::vector<Looked> out(window.size());
  std::vector<image::Image> views;
  std::vector<size_t> whose;
  for (size_t i = 0; i < window.size(); ++i) {
    Picture& picture = out[i].record.picture;
    Noted noted;
    std::memcpy(&noted, window[i].seen.data(), sizeof(noted));
    picture.path = items[i].id;
    picture.file = states[i];
    picture.content_hash = window[i].content_hash;
    picture.difference = static_cast<int64_t>(noted.difference);
    picture.width = noted.width, picture.height = noted.height;
    out[i].reason = window[i].reason;
    if (!window[i].reason.empty()) continue;
    views.push_back(window[i].views.take(0));
    whose.push_back(i);
  }
  if (views.empty()) return out;
  const std::vector<float> features = embedder.embed(views);
  const size_t each = features.size() / views.size();
  const int side = static_cast<int>(embedder.size() / embedder.patch_size());
  for (size_t v = 0; v < views.size(); ++v) {
    const auto own = std::span(features).subspan(v * each, each);
    Look look = look_of(own, side, side, settings);
    out[whose[v]].record.vector = std::move(look.vector);
    out[whose[v]].record.tokens = std::move(look.tokens);
  }
  return out;
}

infer::Resize resize_of(const std::string& fit) {
  if (fit == "crop") return infer::Resize::crop;
  return fit == "pad" ? infer::Resize::pad : infer::Resize::stretch;
}

}  // namespace

Look look_of(std::span<const float> features, int rows, int columns, const Settings& settings) {
  const auto dim = static_cast<size_t>(settings.dim);
  Look out;
  out.vector.assign(features.begin(), features.begin() + static_cast<ptrdiff_t>(dim));
  double squares = 0;
  for (const float x : out.vector) squares += double{x} * x;
  if (!(squares > 0) || !std::isfinite(squares)) {
    fail(Exit::numeric, "the network's features aren't finite; is its file damaged?");
  }
  for (float& x : out.vector) x = static_cast<float>(x / std::sqrt(squares));
  out.tokens = encode_tokens(features.subspan(dim),
                             rows,
                             columns,
                             static_cast<int>(dim),
                             static_cast<int>(settings.token_side));
  return out;
}

void look_at(const AddOptions& options,
             const Settings& settings,
             const std::vector<std::string>& paths,
             infer::Embedder& embedder,
             const std::function<void(std::vector<Looked>)>& keep) {
  const data::Source source = source_of(options.folder, paths);
  std::vector<FileState> states;  // before reading: a file that changes meanwhile is read again
  for (const data::Item& item : source.items) states.push_back(state_of(item.path).value_or(FileState{}));
  const store::Reuse nothing;
  const auto count = static_cast<int64_t>(paths.size());
  infer::ReadingOptions reading{.decode = {.max_pixels = options.max_pixels},
                                .part = std::max<int64_t>(count, 1),
                                .window = options.batch,
                                .threads = options.threads,
                                .strict = options.strict,
                                .observer = observer()};
  reading.geometry = {.resize = resize_of(settings.fit),
                      .size = static_cast<int>(embedder.size()),
                      .patch = static_cast<int>(embedder.patch_size())};
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
                       settings,
                       embedder);
    std::ranges::move(looked, std::back_inserter(group));
    if (static_cast<int64_t>(group.size()) >= options.commit)
      keeper.put(std::exchange(group, {}));
  }
  if (!group.empty()) keeper.put(std::move(group));
  keeper.finish();
}

}  // namespace troodon::collection
