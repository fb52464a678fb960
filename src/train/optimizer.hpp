#pragma once

#include <string>
#include <utility>
#include <vector>

#include <torch/nn.h>

#include "distributed/communicator.hpp"
#include "train/schedules.hpp"

namespace troodon::train {

using torch::Tensor;
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// How one parameter follows the schedules.
struct ParamRule {
  double lr_multiplier = 1;
  double wd_multiplier = 1;
  bool is_last_layer = false;
  bool operator==(const ParamRule&) const = default;
};

/// What the rules depend on.
struct RuleConfig {
  int64_t depth = 0;  ///< blocks of the backbone; 0 for a head, whose layers all learn alike
  double layerwise_decay = 1;
  double patch_embed_lr_mult = 1;
};

/// The rule of one parameter by its name within backbone or head, flat (blocks.3.) or chunked
/// (blocks.0.3.) alike. Source: spec dinov2.md 3.10.
ParamRule param_rule(const std::string& name, const RuleConfig& config);

/// Parameters of one module that share a rule.
struct ParamGroup {
  ParamRule rule;
  bool backbone = false;
  std::vector<std::string> names;
  std::vector<Tensor> params;
};

/// Groups of one module's parameters in order of first appearance; names get `prefix`.
std::vector<ParamGroup> param_groups(const NamedTensors& params,
                                     const RuleConfig& config,
                                     const std::string& prefix = "");

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019), equal to PyTorch's. Parameters
/// without a gradient are left alone.
class AdamW {
 public:
  AdamW() = default;
  AdamW(std::vector<ParamGroup> groups, double beta1, double beta2);

  /// One update; lr and weight decay of each group by its rule.
  void step(const Rates& now);
  void zero_grad();

  const std::vector<ParamGroup>& groups() const { return groups_; }
  /// Moments and step counts by name: "exp_avg.NAME", "exp_avg_sq.NAME", "step.NAME". They share
  /// memory with the optimizer.
  NamedTensors state() const;
  /// Takes over a saved state. Throws Error when a tensor is missing or has another shape.
  void load_state(const NamedTensors& saved);

 private:
  struct Moments {
    std::vector<Tensor> mean, square, steps;
  };
  void step_group(const ParamGroup& group, const Moments& moments, const Rates& now);

  std::vector<ParamGroup> groups_;
  std::vector<Moments> moments_;
  double beta1_ = 0.9, beta2_ = 0.999;
};

/// Scales the gradients of `params` so that their joint L2 norm is at most `limit` (0: leaves
/// them). Returns the norm before, 0-dim. With `shards`, each rank of it has other pieces of the
/// parameters, and the norm is that of all of them.
Tensor clip_gradients(const std::vector<Tensor>& params,
                      double limit,
                      distributed::Communicator* shards = nullptr);

}  // namespace troodon::train
