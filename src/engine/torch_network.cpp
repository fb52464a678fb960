#include "engine/torch_network.hpp"

#include <torch/types.h>

#include "model/tensor_io.hpp"

namespace troodon::engine {

Network network_of(const model::Backbone& backbone) {
  const model::VitConfig& config = backbone.config;
  Network out{.dim = config.embed_dim,
              .depth = config.depth,
              .heads = config.num_heads,
              .patch = config.patch_size,
              .registers = config.num_register_tokens,
              .ffn = config.ffn_layer == "swiglufused" ? "swiglu" : config.ffn_layer};
  for (const auto& [name, value] : model::state_of(*backbone.network).tensors) {
    out.weights.emplace(name, model::to_view(name, value));
  }
  model::VisionTransformer network = backbone.network;
  out.positions = [network](int64_t rows, int64_t columns) mutable {
    const torch::NoGradGuard frozen;
    const int64_t patch = network->config().patch_size;
    const torch::Tensor all =
        network->interpolate_pos_encoding(rows * patch, columns * patch).contiguous();
    return std::vector<float>(all.data_ptr<float>(), all.data_ptr<float>() + all.numel());
  };
  out.owner = network.ptr();
  return out;
}

}  // namespace troodon::engine
