#include "distributed/communicator.hpp"

#include <ATen/ATen.h>

namespace troodon::distributed {
namespace {

constexpr int64_t kMessageBytes = 64
                                  << 20;  // larger ones no longer gain, smaller ones cost latency

void average_message(const std::vector<torch::Tensor>& tensors, Communicator& ranks) {
  std::vector<torch::Tensor> flat;
  for (const auto& tensor : tensors) flat.push_back(tensor.reshape({-1}));
  torch::Tensor message = at::cat(flat);
  ranks.all_reduce(message);
  message.div_(static_cast<double>(ranks.world_size()));
  int64_t from = 0;
  for (const auto& tensor : tensors) {
    tensor.copy_(message.slice(0, from, from + tensor.numel()).view(tensor.sizes()));
    from += tensor.numel();
  }
}

}  // namespace

void average(const std::vector<torch::Tensor>& tensors, Communicator& ranks) {
  if (ranks.world_size() == 1) return;
  const torch::NoGradGuard frozen;
  std::vector<torch::Tensor> message;
  int64_t bytes = 0;
  for (const auto& tensor : tensors) {
    message.push_back(tensor);
    bytes += static_cast<int64_t>(tensor.nbytes());
    if (bytes < kMessageBytes) continue;
    average_message(message, ranks);
    message.clear();
    bytes = 0;
  }
  if (!message.empty()) average_message(message, ranks);
}

}  // namespace troodon::distributed
