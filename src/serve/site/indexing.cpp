#include "serve/site/indexing.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "search/asking.hpp"

namespace troodon::serve {
namespace {

constexpr auto kGlance = std::chrono::seconds(2);  // between looks at what others did to the store

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Indexing::Indexing(const collection::AddOptions& options,
                   std::shared_ptr<collection::Store> store,
                   search::Searcher& searcher)
    : options_(options),
      store_(std::move(store)),
      searcher_(searcher),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Indexing::~Indexing() {
  thread_.request_stop();
  thread_.join();
}

void Indexing::ask() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  asked_.notify_all();
}

IndexState Indexing::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

uint64_t Indexing::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void Indexing::update(const std::function<void(IndexState&)>& change) {
  const std::lock_guard lock(mutex_);
  change(state_);
  ++changes_;
}

void Indexing::refresh() {
  searcher_.refresh();
  const collection::FinderState finder = searcher_.finder().state();
  if (finder.version == state().version) return;
  update([&](IndexState& state) {
    state.pictures = finder.pictures;
    state.version = finder.version;
  });
}

void Indexing::run(const std::stop_token& stop) {
  update([](IndexState& state) {
    state = {.scanning = true, .pictures = state.pictures, .version = state.version};
  });
  collection::AddOptions options = options_;
  const auto start = Clock::now();
  auto refreshed = start;
  options.stop = [&] { return stop.stop_requested(); };
  options.advanced = [&](int64_t done, int64_t total) {
    update([&](IndexState& state) {
      state.done = done;
      state.total = total;
      state.per_second = static_cast<double>(done) / std::max(seconds_since(start), 1e-9);
      state.eta_seconds = static_cast<double>(total - done) / std::max(state.per_second, 1e-9);
    });
    if (seconds_since(refreshed) < 2) return;
    refreshed = Clock::now();
    refresh();
  };
  std::string trouble;
  try {
    // Not the network that answers: batches of new pictures would make who asks wait.
    infer::Embedder network = search::network_of(store_->settings(), options.embed);
    const collection::Added added = collection::add(options, *store_, network);
    if (!added.bad_files.empty()) {
      log_warning("{} pictures can't be read; `troodon index` lists them", added.bad_files.size());
    }
  } catch (const std::exception& error) {
    log_warning("looking for pictures: {}", error.what());
    trouble = error.what();
  }
  refresh();
  update([&](IndexState& state) {
    state.scanning = false;
    state.eta_seconds = 0;
    state.trouble = trouble;
  });
}

void Indexing::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool asked = false;
    {
      std::unique_lock lock(mutex_);
      asked = asked_.wait_for(lock, stop, kGlance, [&] { return wanted_; });
      wanted_ = false;
    }
    if (stop.stop_requested()) return;
    try {
      if (asked) {
        run(stop);
      } else if (store_->version() != state().version) {
        refresh();
      }
    } catch (const std::exception& error) {
      log_warning("the collection can't be read: {}", error.what());
    }
  }
}

}  // namespace troodon::serve
