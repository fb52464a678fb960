#pragma once

#include <vector>

#include <torch/nn.h>

#include "model/vit.hpp"

namespace troodon::model {

struct HeadConfig {
  int64_t in_dim = 384;
  int64_t out_dim = 65536;  ///< prototypes K
  int64_t nlayers = 3;      ///< Linear layers of the MLP; 1 keeps a single one
  int64_t hidden_dim = 2048;
  int64_t bottleneck_dim = 256;
  bool mlp_bias = true;
};

/// Linear without bias whose rows are g * v / |v|; g [K,1], v [K,bottleneck] are the parameters.
struct WeightNormLinearImpl : nn::Module {
  Tensor weight_g, weight_v;
  WeightNormLinearImpl(int64_t in, int64_t out);
  Tensor weight() const;  ///< [K,bottleneck]
  Tensor forward(const Tensor& x);
};
TORCH_MODULE(WeightNormLinear);

/// DINO and iBOT projection head: MLP, L2 norm, weight-normed Linear (spec dinov2.md 3.6). Keys:
/// mlp.{0,2,4}.{weight,bias} (mlp.{weight,bias} for nlayers 1), last_layer.weight_{g,v}.
class DINOHeadImpl : public nn::Module {
 public:
  explicit DINOHeadImpl(const HeadConfig& config);
  /// x [...,in_dim] -> logits [...,out_dim].
  Tensor forward(const Tensor& x) { return last_layer_(features(x)); }
  /// x [...,in_dim] -> [...,bottleneck_dim], of length 1: what the prototypes are compared with.
  Tensor features(const Tensor& x);
  Tensor prototypes() const { return last_layer_->weight(); }  ///< [out_dim,bottleneck_dim]
  const HeadConfig& config() const { return config_; }

 private:
  HeadConfig config_;
  std::vector<Linear> layers_;
  WeightNormLinear last_layer_;
};
TORCH_MODULE(DINOHead);

}  // namespace troodon::model
