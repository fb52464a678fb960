#pragma once

#include <map>
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
  std::string part;  ///< the module: backbone, dino_head or ibot_head
  std::vector<std::string> names;
  std::vector<Tensor> params;
  std::vector<Tensor> averages;  ///< the teacher's; empty: none to keep
};

/// Groups of one module's parameters in order of first appearance; names get `prefix`.
std::vector<ParamGroup> param_groups(const NamedTensors& params,
                                     const RuleConfig& config,
                                     const std::string& prefix = "");

/// By part, what its gradients are multiplied by; 1 where it is not named.
using Factors = std::map<std::string, double>;

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019), equal to PyTorch's, and the running
/// averages that make the teacher. Parameters without a gradient are left alone.
class AdamW {
 public:
  AdamW() = default;
  AdamW(std::vector<ParamGroup> groups, double beta1, double beta2);

  /// One update of parameters, lr and weight decay of each group by its rule, and of averages.
  void step(const Rates& now, const Factors& factors = {});
  /// Of averages alone: average <- momentum * average + (1 - momentum) * parameter.
  void average(double momentum);
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
  void step_group(const ParamGroup& group, const Moments& moments, const Rates& now, double factor);

  std::vector<ParamGroup> groups_;
  std::vector<Moments> moments_;
  double beta1_ = 0.9, beta2_ = 0.999;
};

/// Joint L2 norm of the gradients of `params`. With `shards`, each rank of it has other pieces of
/// the parameters, and the norm is that of all of them.
double gradient_norm(const std::vector<Tensor>& params,
                     distributed::Communicator* shards = nullptr);

/// What gradients of this norm are multiplied by, so that it becomes `limit` at most (0: none).
double clip_factor(double norm, double limit);

}  // namespace troodon::train
