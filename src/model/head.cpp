#include "model/head.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "kernels/linear.hpp"

namespace troodon::model {

WeightNormLinearImpl::WeightNormLinearImpl(int64_t in, int64_t out)
    : weight_g(register_parameter("weight_g", torch::ones({out, 1}))),
      weight_v(register_parameter("weight_v", torch::empty({out, in}))) {
  const torch::NoGradGuard frozen;
  const double bound = 1.0 / std::sqrt(static_cast<double>(in));
  weight_v.uniform_(-bound, bound);
}

Tensor WeightNormLinearImpl::weight() const {
  return at::_weight_norm(weight_v, weight_g, 0);
}

Tensor WeightNormLinearImpl::forward(const Tensor& x) {
  return kernels::linear(x, weight(), {});
}

DINOHeadImpl::DINOHeadImpl(const HeadConfig& config)
    : config_(config), last_layer_(config.bottleneck_dim, config.out_dim) {
  if (config.nlayers < 1) fail(Exit::config, "a head has 1 or more layers, not {}", config.nlayers);
  const auto mlp = std::make_shared<nn::Module>();
  for (int64_t i = 0; i < config.nlayers; ++i) {
    const int64_t in = i == 0 ? config.in_dim : config.hidden_dim;
    const int64_t out = i + 1 == config.nlayers ? config.bottleneck_dim : config.hidden_dim;
    Linear layer(in, out, config.mlp_bias);
    trunc_normal_(layer->weight, 0.02);
    if (config.mlp_bias) nn::init::zeros_(layer->bias);
    // Official keys number the GELUs too.
    layers_.push_back(config.nlayers == 1 ? register_module("mlp", layer)
                                          : mlp->register_module(std::to_string(2 * i), layer));
  }
  if (config.nlayers > 1) register_module("mlp", mlp);
  register_module("last_layer", last_layer_);
}

Tensor DINOHeadImpl::features(const Tensor& x) {
  Tensor h = x;
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (i > 0) h = at::gelu(h);
    h = layers_[i](h);
  }
  const double eps = h.scalar_type() == torch::kHalf ? 1e-6 : 1e-12;
  const Tensor norm = h.norm(2, {-1}, /*keepdim=*/true).clamp_min(eps);
  return h / norm;
}

}  // namespace troodon::model
