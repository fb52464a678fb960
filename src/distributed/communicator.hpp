#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

namespace troodon::distributed {

/// A message between ranks that was begun.
class Pending {
 public:
  virtual ~Pending() = default;
  /// Returns when its result may be used (on CUDA: by what the current stream does next).
  virtual void wait() = 0;
};

/// What several processes that train one model tell each other. Sums are over all ranks. Every rank
/// makes the same calls in the same order, with tensors of the same shapes; all are contiguous.
/// Throws Error when another rank has ended.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int64_t rank() const = 0;
  virtual int64_t world_size() const = 0;
  /// Adds up `tensor` over the ranks, in place; every rank gets the same sum.
  virtual void all_reduce(torch::Tensor& tensor) = 0;
  /// The largest value over the ranks, elementwise, in place.
  virtual void all_reduce_max(torch::Tensor& tensor) = 0;
  /// whole [world * n] <- the parts [n] of all ranks, in the order of ranks.
  virtual void all_gather(torch::Tensor& whole, const torch::Tensor& part) = 0;
  /// part [n] <- this rank's part of the sum of `whole` [world * n] over the ranks.
  virtual void reduce_scatter(torch::Tensor& part, const torch::Tensor& whole) = 0;
  /// The same, only begun: the network works while the rank computes. Until wait() both tensors
  /// stay alive and untouched. nullptr: done already.
  virtual std::unique_ptr<Pending> start_all_gather(torch::Tensor& whole,
                                                    const torch::Tensor& part) {
    all_gather(whole, part);
    return nullptr;
  }
  virtual std::unique_ptr<Pending> start_reduce_scatter(torch::Tensor& part,
                                                        const torch::Tensor& whole) {
    reduce_scatter(part, whole);
    return nullptr;
  }
  /// tensor <- the one of rank `root`, in place.
  virtual void broadcast(torch::Tensor& tensor, int64_t root) = 0;
  /// Returns when every rank has come here.
  virtual void barrier() = 0;
};

/// One process: every sum is its own value.
class Alone final : public Communicator {
 public:
  int64_t rank() const override { return 0; }
  int64_t world_size() const override { return 1; }
  void all_reduce(torch::Tensor&) override {}
  void all_reduce_max(torch::Tensor&) override {}
  void all_gather(torch::Tensor& whole, const torch::Tensor& part) override { whole.copy_(part); }
  void reduce_scatter(torch::Tensor& part, const torch::Tensor& whole) override {
    part.copy_(whole);
  }
  void broadcast(torch::Tensor&, int64_t) override {}
  void barrier() override {}
};

/// Replaces each tensor by its mean over the ranks, in few large messages. All tensors share one
/// dtype and device; every rank passes the same shapes in the same order.
void average(const std::vector<torch::Tensor>& tensors, Communicator& ranks);

/// The rows x [n,D] of all ranks, in the order of ranks: [world * n, D]. Differentiable: the
/// gradient of a rank's rows is the sum of what all ranks' losses say about them.
torch::Tensor gather_rows(const torch::Tensor& x, Communicator& ranks);

/// The texts of all ranks, in the order of ranks.
std::vector<std::string> gather_texts(const std::string& text, Communicator& ranks);

/// Whether it is so on at least one rank.
bool on_any_rank(bool here, Communicator& ranks);

}  // namespace troodon::distributed
