#include "serve/batcher.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "serve/http/problem.hpp"

namespace troodon::serve {

/// One picture and what becomes of it; lives on the stack of who asked.
struct Batcher::Item {
  image::Image picture;
  std::vector<float> feature;
  std::exception_ptr error;
  enum class State { waiting, computing, done } state = State::waiting;
};

Batcher::Batcher(Compute compute, const BatcherOptions& options)
    : compute_(std::move(compute)),
      options_(options),
      worker_([this](const std::stop_token& stop) { work(stop); }) {}

Batcher::~Batcher() {
  worker_.request_stop();
  worker_.join();
}

std::vector<float> Batcher::embed(image::Image prepared, Clock::time_point deadline) {
  std::vector<image::Image> one;
  one.push_back(std::move(prepared));
  return std::move(embed_all(std::move(one), deadline)[0]);
}

std::vector<std::vector<float>> Batcher::embed_all(std::vector<image::Image> prepared,
                                                   Clock::time_point deadline) {
  std::vector<Item> items;
  for (image::Image& picture : prepared) items.push_back({.picture = std::move(picture)});
  std::unique_lock lock(mutex_);
  if (queue_.size() >= options_.queue || worker_.get_stop_token().stop_requested()) {
    statistics_.refused += items.size();
    throw Problem(503, "too many pictures wait for the network; ask again", 1);
  }
  for (Item& item : items) queue_.push_back(&item);
  arrived_.notify_one();
  const auto done = [](const Item& item) { return item.state == Item::State::done; };
  const auto all_done = [&] { return std::ranges::all_of(items, done); };
  // Not at the end of time: some clocks overflow there.
  if (!done_.wait_until(lock, std::min(deadline, Clock::now() + std::chrono::hours(1)), all_done)) {
    const size_t left = std::erase_if(
        queue_, [&](const Item* item) { return item >= items.data() && item <= &items.back(); });
    // What is being computed the worker holds pointers to.
    done_.wait(lock, [&] {
      return std::ranges::none_of(
          items, [](const Item& item) { return item.state == Item::State::computing; });
    });
    statistics_.late += left;
    if (left > 0) throw Problem(503, "the network did not get to it in time; ask again", 1);
  }
  std::vector<std::vector<float>> out;
  for (Item& item : items) {
    if (item.error) std::rethrow_exception(item.error);
    out.push_back(std::move(item.feature));
  }
  return out;
}

BatcherStatistics Batcher::statistics() const {
  const std::lock_guard lock(mutex_);
  BatcherStatistics statistics = statistics_;
  statistics.waiting = queue_.size();
  return statistics;
}

std::vector<Batcher::Item*> Batcher::gather(std::unique_lock<std::mutex>& lock,
                                            const std::stop_token& stop) {
  if (!arrived_.wait(lock, stop, [&] { return !queue_.empty(); })) return {};
  // Those whose replies were just sent tend to come back; alone, nobody is waited for.
  const size_t expected = std::min(last_, static_cast<size_t>(options_.batch));
  if (queue_.size() < expected) {
    arrived_.wait_for(lock, stop, options_.patience, [&] { return queue_.size() >= expected; });
  }
  std::vector<Item*> items;
  while (!queue_.empty() && items.size() < static_cast<size_t>(options_.batch)) {
    queue_.front()->state = Item::State::computing;
    items.push_back(queue_.front());
    queue_.pop_front();
  }
  std::ranges::stable_sort(items, {}, [](const Item* item) {
    return std::pair(item->picture.height, item->picture.width);
  });
  last_ = items.size();
  return items;
}

void Batcher::run(const std::vector<Item*>& items) {
  std::vector<image::Image> pictures;
  for (Item* item : items) pictures.push_back(std::move(item->picture));
  std::exception_ptr error;
  std::vector<std::vector<float>> features;
  try {
    features = compute_(pictures);
  } catch (...) {
    error = std::current_exception();
  }
  features.resize(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    items[i]->error = error;
    items[i]->feature = std::move(features[i]);
  }
}

void Batcher::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::vector<Item*> items = gather(lock, stop);
    if (items.empty()) continue;
    lock.unlock();
    run(items);
    lock.lock();
    for (Item* item : items) item->state = Item::State::done;
    ++statistics_.batches;
    statistics_.pictures += items.size();
    done_.notify_all();
  }
  // Nobody is left waiting for a worker that has gone.
  for (Item* item : queue_) {
    item->error = std::make_exception_ptr(Problem(503, "the server stops"));
    item->state = Item::State::done;
  }
  queue_.clear();
  done_.notify_all();
}

}  // namespace troodon::serve
