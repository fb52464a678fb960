#include "distributed/communicator.hpp"

#include <cstring>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace troodon::distributed {
namespace {

// Larger messages no longer gain, smaller ones cost latency.
constexpr int64_t kMessageBytes = 64 << 20;

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

struct GatherRows : torch::autograd::Function<GatherRows> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& x,
                               Communicator* ranks) {
    const torch::NoGradGuard frozen;
    context->saved_data["ranks"] = reinterpret_cast<int64_t>(ranks);
    torch::Tensor all = x.new_empty({ranks->world_size() * x.size(0), x.size(1)});
    ranks->all_gather(all, x.contiguous());
    return all;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto* ranks = reinterpret_cast<Communicator*>(context->saved_data["ranks"].toInt());
    const torch::Tensor& all = gradients[0];
    torch::Tensor mine = all.new_empty({all.size(0) / ranks->world_size(), all.size(1)});
    ranks->reduce_scatter(mine, all.contiguous());
    return {mine, torch::Tensor()};
  }
};

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

torch::Tensor gather_rows(const torch::Tensor& x, Communicator& ranks) {
  return ranks.world_size() == 1 ? x : GatherRows::apply(x, &ranks);
}

std::vector<std::string> gather_texts(const std::string& text, Communicator& ranks) {
  const int64_t world = ranks.world_size();
  if (world == 1) return {text};
  torch::Tensor size = at::full({1}, static_cast<int64_t>(text.size()), at::kLong);
  torch::Tensor sizes = at::empty({world}, at::kLong);
  ranks.all_gather(sizes, size);
  const int64_t longest = std::max<int64_t>(sizes.max().item<int64_t>(), 1);
  torch::Tensor mine = at::zeros({longest}, at::kByte),
                all = at::empty({world * longest}, at::kByte);
  std::memcpy(mine.data_ptr(), text.data(), text.size());
  ranks.all_gather(all, mine);
  std::vector<std::string> out;
  for (int64_t rank = 0; rank < world; ++rank) {
    out.emplace_back(static_cast<const char*>(all.data_ptr()) + rank * longest,
                     sizes[rank].item<int64_t>());
  }
  return out;
}

bool on_any_rank(bool here, Communicator& ranks) {
  if (ranks.world_size() == 1) return here;
  torch::Tensor flag = at::full({1}, here ? 1 : 0, at::kLong);
  ranks.all_reduce_max(flag);
  return flag.item<int64_t>() != 0;
}

}  // namespace troodon::distributed
