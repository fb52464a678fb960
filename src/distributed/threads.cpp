#include "distributed/threads.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.hpp"

namespace troodon::distributed {
namespace {

/// Where the threads meet: the last to arrive completes the reduction, then all take the result.
class Meeting {
 public:
  explicit Meeting(int64_t size) : size_(size) {}

  using Combine = torch::Tensor (*)(const torch::Tensor&, const torch::Tensor&);
  void reduce(int64_t rank, torch::Tensor& tensor, Combine combine) {
    std::unique_lock lock(mutex_);
    parts_[rank] = tensor;
    if (++arrived_ == size_) {
      result_ = parts_[0].clone();
      for (int64_t i = 1; i < size_; ++i) result_ = combine(result_, parts_[i]);
      arrived_ = 0;
      ++round_;
      changed_.notify_all();
    } else {
      const int64_t round = round_;
      changed_.wait(lock, [&] { return round_ != round || broken_; });
      if (round_ == round) fail("another rank stopped");
    }
    tensor.copy_(result_);
    if (++taken_ == size_) {  // nobody may begin the next round before everybody has this result
      taken_ = 0;
      ++done_;
      changed_.notify_all();
    } else {
      const int64_t done = done_;
      changed_.wait(lock, [&] { return done_ != done || broken_; });
    }
  }

  void leave_broken() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    changed_.notify_all();
  }

 private:
  int64_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<torch::Tensor> parts_{static_cast<size_t>(size_)};
  torch::Tensor result_;
  int64_t arrived_ = 0, taken_ = 0, round_ = 0, done_ = 0;
  bool broken_ = false;
};

class ThreadRank final : public Communicator {
 public:
  ThreadRank(Meeting& meeting, int64_t rank, int64_t size)
      : meeting_(meeting), rank_(rank), size_(size) {}
  int64_t rank() const override { return rank_; }
  int64_t world_size() const override { return size_; }
  void all_reduce(torch::Tensor& tensor) override {
    meeting_.reduce(rank_, tensor, [](const auto& a, const auto& b) { return a + b; });
  }
  void all_reduce_max(torch::Tensor& tensor) override {
    meeting_.reduce(rank_, tensor, [](const auto& a, const auto& b) { return at::maximum(a, b); });
  }

 private:
  Meeting& meeting_;
  int64_t rank_, size_;
};

}  // namespace

void run_ranks(int64_t world_size, const std::function<void(Communicator&)>& body) {
  Meeting meeting(world_size);
  std::vector<std::exception_ptr> errors(world_size);
  {
    std::vector<std::jthread> threads;
    for (int64_t rank = 0; rank < world_size; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          ThreadRank communicator(meeting, rank, world_size);
          body(communicator);
        } catch (...) {
          errors[rank] = std::current_exception();
          meeting.leave_broken();
        }
      });
    }
  }
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace troodon::distributed
