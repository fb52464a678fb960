#include "infer/pipeline.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/half.hpp"
#include "base/interrupt.hpp"
#include "store/parts.hpp"

namespace troodon::infer {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// Writes parts on a thread of its own: one underway, one waiting, so that the network does not
/// wait for the disk to sync.
class PartWriter {
 public:
  PartWriter() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
  ~PartWriter() {
    thread_.request_stop();  // what waits is written first
    thread_.join();
  }

  /// Throws what an earlier part threw.
  void put(fs::path file, store::Rows rows) {
    const auto start = SteadyClock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || queue_.size() < 2; });
    waiting_ += seconds_since(start);
    if (error_) std::rethrow_exception(error_);
    queue_.emplace_back(std::move(file), std::move(rows));
    changed_.notify_all();
  }
  /// Waits until all parts are on disk.
  void finish() {
    const auto start = SteadyClock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || queue_.empty(); });
    waiting_ += seconds_since(start);
    if (error_) std::rethrow_exception(error_);
  }
  double waiting() const { return waiting_; }
  double writing() const { return writing_; }  ///< after finish()

 private:
  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !queue_.empty(); })) {
      const auto start = SteadyClock::now();
      const auto& [file, rows] = queue_.front();  // stays where it is while others are appended
      lock.unlock();
      std::exception_ptr error;
      try {
        store::write_part(file, rows);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      writing_ += seconds_since(start);
      error_ = error;
      if (error) return changed_.notify_all();
      queue_.pop_front();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<fs::path, store::Rows>> queue_;  ///< the front is being written
  std::exception_ptr error_;
  double waiting_ = 0, writing_ = 0;
  std::jthread thread_;  ///< last: it uses the rest
};

/// Which view of which picture.
struct Place {
  size_t picture = 0, view = 0;
};

/// All views of a window, those of one shape side by side.
std::vector<Place> by_shape(const std::vector<Pending>& window) {
  std::vector<Place> out;
  for (size_t i = 0; i < window.size(); ++i) {
    for (size_t v = 0; v < window[i].views.count(); ++v) out.push_back({i, v});
  }
  std::ranges::stable_sort(out, {}, [&](const Place& at) {
    const auto& views = window[at.picture].views;
    return std::pair(views.height(at.view), views.width(at.view));
  });
  return out;
}

/// Looks at all views of a window; one combined row for each picture that has views.
std::vector<std::optional<Combiner>> look(const Pipeline& pipeline,
                                          Embedder& embedder,
                                          std::vector<Pending>& window) {
  std::vector<std::optional<Combiner>> out(window.size());
  const auto item = embedder.item_shape();
  int64_t width = item.back();
  if (pipeline.output != Output::patches) {
    for (size_t axis = 0; axis + 1 < item.size(); ++axis) width *= item[axis];
  }
  const Geometry& geometry = pipeline.reading.geometry;
  const auto places = by_shape(window);
  for (size_t i = 0; i < window.size(); ++i) {
    if (window[i].views.count() > 0)
      out[i].emplace(geometry, pipeline.output, window[i].views, width);
  }
  for (size_t from = 0; from < places.size(); from += static_cast<size_t>(pipeline.batch)) {
    const auto batch = std::span(places).subspan(
        from, std::min(static_cast<size_t>(pipeline.batch), places.size() - from));
    std::vector<image::Image> views;
    for (const Place& at : batch) views.push_back(window[at.picture].views.take(at.view));
    const std::vector<std::vector<float>> features = embedder.embed_each(views);
    for (size_t i = 0; i < batch.size(); ++i)
      out[batch[i].picture]->add(batch[i].view, features[i]);
  }
  return out;
}

void append_values(const std::vector<float>& values, DType dtype, std::vector<std::byte>& out) {
  const auto append = [&](auto bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  if (dtype == DType::f32) return append(std::as_bytes(std::span(values)));
  std::vector<uint16_t> halves(values.size());
  std::ranges::transform(values, halves.begin(), to_half);
  append(std::as_bytes(std::span(halves)));
}

/// The rows of a window, in the order of the source.
void append_rows(const Pipeline& pipeline,
                 const store::Reuse& reuse,
                 std::span<const data::Item> items,
                 const std::vector<Pending>& window,
                 std::vector<std::optional<Combiner>>& combined,
                 store::Rows& rows) {
  for (size_t i = 0; i < window.size(); ++i) {
    if (!window[i].reason.empty()) {
      rows.bad[data::place_of(items[i])] = window[i].reason;
      continue;
    }
    rows.ids.push_back(items[i].id);
    rows.labels.push_back(items[i].label);
    rows.content_hash.push_back(window[i].content_hash);
    if (window[i].old_row) {
      const auto bytes = reuse.features(*window[i].old_row);
      const auto grid = reuse.grid(*window[i].old_row);
      rows.features.insert(rows.features.end(), bytes.begin(), bytes.end());
      rows.grids.insert(rows.grids.end(), grid.begin(), grid.end());
      continue;
    }
    if (pipeline.layout.ragged)
      rows.grids.insert(rows.grids.end(), {combined[i]->grid_rows(), combined[i]->grid_columns()});
    append_values(combined[i]->finish(), pipeline.layout.dtype, rows.features);
  }
}

}  // namespace

Progressed do_parts(const Pipeline& pipeline,
                    const data::Source& source,
                    const store::Reuse& reuse,
                    Embedder& embedder,
                    const std::vector<int64_t>& todo,
                    const std::function<void(size_t)>& advance) {
  Progressed done;
  const auto start = SteadyClock::now();
  PartWriter writer;
  Reading reading(pipeline.reading, source, reuse, todo);
  uint64_t number = 0;
  for (const int64_t part : todo) {
    store::Rows rows;
    std::vector<std::string> seen;
    int64_t w = 0;
    for (; w < reading.windows_per_part() && !interrupted(); ++w, ++number) {
      const auto first = static_cast<size_t>(reading.first(number));
      std::vector<Pending> window = reading.next();
      if (window.empty()) continue;
      const auto looking = SteadyClock::now();
      auto combined = look(pipeline, embedder, window);
      done.busy.forward += seconds_since(looking);
      append_rows(pipeline,
                  reuse,
                  std::span(source.items).subspan(first, window.size()),
                  window,
                  combined,
                  rows);
      for (Pending& picture : window) seen.push_back(std::move(picture.seen));
      done.reused +=
          std::ranges::count_if(window, [](const Pending& p) { return p.old_row.has_value(); });
      done.pictures += static_cast<int64_t>(window.size());
      advance(window.size());
    }
    if (w < reading.windows_per_part()) break;
    if (pipeline.reading.observer) pipeline.reading.observer.keep(part, seen);
    writer.put(pipeline.job.part(part), std::move(rows));
  }
  writer.finish();
  done.busy.seconds = seconds_since(start);
  done.busy.reading = reading.busy_seconds();
  done.busy.reading_threads = reading.threads();
  done.busy.waiting_for_pictures = reading.wait_seconds();
  done.busy.waiting_for_disk = writer.waiting();
  done.busy.writing = writer.writing();
  return done;
}

}  // namespace troodon::infer
