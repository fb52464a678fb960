#pragma once

#include <functional>
#include <string>
#include <vector>

#include "train/step.hpp"

namespace troodon::run {

/// One tensor of a training state as a checkpoint has it: always whole, however the state is
/// sharded, so that a checkpoint of any number of ranks goes on with any other.
struct StateTensor {
  std::string name;  ///< student.NAME, teacher.NAME, optimizer.exp_avg.NAME, ..., center.NAME
  torch::ScalarType dtype;
  std::vector<int64_t> shape;
  /// The whole tensor. Of a sharded state all ranks must ask, in the same order.
  std::function<torch::Tensor()> read;
  /// Takes over the values, or this rank's part of them. No other rank need be there.
  std::function<void(const torch::Tensor&)> write;
};

/// Weights of student and teacher, moments and step counts, in this order; not the centres, which
/// every rank has whole. `ranks` and `state` outlive the result.
std::vector<StateTensor> state_tensors(train::State& state, distributed::Communicator& ranks);

}  // namespace troodon::run
