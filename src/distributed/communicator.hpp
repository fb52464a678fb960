#pragma once

#include <vector>

#include <torch/types.h>

namespace troodon::distributed {

/// What several processes that train one model tell each other. Sums are over all ranks.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int64_t rank() const = 0;
  virtual int64_t world_size() const = 0;
  /// Adds up `tensor` over the ranks, in place; every rank gets the same sum.
  virtual void all_reduce(torch::Tensor& tensor) = 0;
  /// The largest value over the ranks, elementwise, in place.
  virtual void all_reduce_max(torch::Tensor& tensor) = 0;
};

/// One process: every sum is its own value.
class Alone final : public Communicator {
 public:
  int64_t rank() const override { return 0; }
  int64_t world_size() const override { return 1; }
  void all_reduce(torch::Tensor&) override {}
  void all_reduce_max(torch::Tensor&) override {}
};

/// Replaces each tensor by its mean over the ranks, in few large messages. All tensors share one
/// dtype and device; every rank passes the same shapes in the same order.
void average(const std::vector<torch::Tensor>& tensors, Communicator& ranks);

}  // namespace troodon::distributed
