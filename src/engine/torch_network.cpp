#include "engine/torch_network.hpp"

#include <torch/types.h>

#include "model/position.hpp"
#include "model/tensor_io.hpp"

namespace troodon::engine {

Network network_of(model::Backbone backbone) {
  const model::VitConfig& config = backbone.config;
  Network out{.dim = config.embed_dim,
              .depth = config.depth,
              .heads = config.num_heads,
              .patch = config.patch_size,
              .registers = config.num_register_tokens,
              .ffn = config.ffn_layer == "swiglufused" ? "swiglu" : config.ffn_layer};
  for (const auto& [name, value] : model::state_of(*backbone.network).tensors) {
    out.weights.emplace(
        name, Weight{model::to_view(name, value), std::make_shared<torch::Tensor>(value)});
  }
  // A copy of the positions alone: an engine that keeps them need not keep the weights.
  const torch::Tensor stored = backbone.network->named_parameters()["pos_embed"].detach().clone();
  out.positions = [stored, config](int64_t rows, int64_t columns) {
    const torch::Tensor all =
        model::interpolate_positions(stored,
                                     {.rows = rows,
                                      .columns = columns,
                                      .antialias = config.interpolate_antialias,
                                      .offset = config.interpolate_offset})
            .contiguous();
    return std::vector<float>(all.data_ptr<float>(), all.data_ptr<float>() + all.numel());
  };
  backbone.network = nullptr;  // a parameter may live until its caller's expression ends
  return out;
}

}  // namespace troodon::engine
