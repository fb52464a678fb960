#include "distributed/threads.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace troodon::distributed {
namespace {

/// Where the threads meet: each brings a tensor, all look at all of them, then they part.
class Meeting {
 public:
  explicit Meeting(int64_t size) : size_(size), brought_(static_cast<size_t>(size)) {}

  /// What `look` makes of all ranks' tensors, in the order of ranks.
  template <class Look>
  torch::Tensor meet(int64_t rank, const torch::Tensor& mine, const Look& look) {
    brought_[rank] = mine;
    wait_for_all();
    torch::Tensor seen = look(brought_);
    wait_for_all();  // until then nobody may change what the others look at
    return seen;
  }

  void wait_for_all() {
    std::unique_lock lock(mutex_);
    if (++arrived_ == size_) {
      arrived_ = 0;
      ++round_;
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, [&, round = round_] { return round_ != round || broken_; });
    if (broken_) fail("another rank stopped");
  }

  void leave_broken() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    changed_.notify_all();
  }

 private:
  int64_t size_;
  std::vector<torch::Tensor> brought_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t arrived_ = 0, round_ = 0;
  bool broken_ = false;
};

using Tensors = std::vector<torch::Tensor>;

torch::Tensor sum(const Tensors& all) {
  torch::Tensor total = all.front().clone();
  for (size_t i = 1; i < all.size(); ++i) total += all[i];
  return total;
}

torch::Tensor largest(const Tensors& all) {
  torch::Tensor out = all.front().clone();
  for (size_t i = 1; i < all.size(); ++i) out = at::maximum(out, all[i]);
  return out;
}

class ThreadRank final : public Communicator {
 public:
  ThreadRank(Meeting& meeting, int64_t rank, int64_t size)
      : meeting_(meeting), rank_(rank), size_(size) {}
  int64_t rank() const override { return rank_; }
  int64_t world_size() const override { return size_; }
  void all_reduce(torch::Tensor& tensor) override { take(tensor, tensor, sum); }
  void all_reduce_max(torch::Tensor& tensor) override { take(tensor, tensor, largest); }
  void all_gather(torch::Tensor& whole, const torch::Tensor& part) override {
    take(whole, part, [](const Tensors& all) { return at::cat(all); });
  }
  void reduce_scatter(torch::Tensor& part, const torch::Tensor& whole) override {
    take(part, whole, [this](const Tensors& all) { return sum(all).chunk(size_)[rank_]; });
  }
  void broadcast(torch::Tensor& tensor, int64_t root) override {
    take(tensor, tensor, [root](const Tensors& all) { return all[root].clone(); });
  }
  void barrier() override { meeting_.wait_for_all(); }

 private:
  template <class Look>
  void take(torch::Tensor& out, const torch::Tensor& in, const Look& look) {
    const torch::NoGradGuard frozen;
    out.copy_(meeting_.meet(rank_, in, look).view(out.sizes()));
  }

  Meeting& meeting_;
  int64_t rank_, size_;
};

}  // namespace

void run_ranks(int64_t world_size, const std::function<void(Communicator&)>& body) {
  Meeting meeting(world_size);
  std::exception_ptr first;  // the others only say that another rank stopped
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (int64_t rank = 0; rank < world_size; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          ThreadRank communicator(meeting, rank, world_size);
          body(communicator);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!first) first = std::current_exception();
          meeting.leave_broken();
        }
      });
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace troodon::distributed
