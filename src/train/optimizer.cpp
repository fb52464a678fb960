#include "train/optimizer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "kernels/adamw.hpp"

namespace troodon::train {
namespace {

/// Block number of a name such as blocks.3.norm1.weight or, chunked, blocks.0.3.norm1.weight.
int64_t block_number(const std::string& name) {
  int64_t number = 0;
  const char* at = name.data() + name.find("blocks.") + 7;
  const char* const end = name.data() + name.size();
  while (at < end && *at >= '0' && *at <= '9') {  // the last of the numbers counts
    at = std::from_chars(at, end, number).ptr + 1;
  }
  return number;
}

int64_t layer_of(const std::string& name, int64_t depth) {
  for (const char* const first :
       {"pos_embed", "patch_embed", "mask_token", "cls_token", "register_tokens"}) {
    if (name.find(first) != std::string::npos) return 0;
  }
  return name.find("blocks.") == std::string::npos ? depth + 1 : block_number(name) + 1;
}

}  // namespace

ParamRule param_rule(const std::string& name, const RuleConfig& config) {
  ParamRule rule;
  if (config.depth > 0) {
    const auto above = static_cast<double>(config.depth + 1 - layer_of(name, config.depth));
    rule.lr_multiplier = std::pow(config.layerwise_decay, above);
  }
  if (name.find("patch_embed") != std::string::npos)
    rule.lr_multiplier *= config.patch_embed_lr_mult;
  const bool undecayed = name.ends_with(".bias") || name.find("norm") != std::string::npos ||
                         name.find("gamma") != std::string::npos;
  rule.wd_multiplier = undecayed ? 0 : 1;
  rule.is_last_layer = name.find("last_layer") != std::string::npos;
  return rule;
}

std::vector<ParamGroup> param_groups(const NamedTensors& params,
                                     const RuleConfig& config,
                                     const std::string& prefix) {
  std::vector<ParamGroup> groups;
  for (const auto& [name, param] : params) {
    const ParamRule rule = param_rule(name, config);
    auto group = std::find_if(
        groups.begin(), groups.end(), [&](const ParamGroup& g) { return g.rule == rule; });
    if (group == groups.end()) group = groups.insert(groups.end(), ParamGroup{.rule = rule});
    group->names.push_back(prefix + name);
    group->params.push_back(param);
  }
  return groups;
}

AdamW::AdamW(std::vector<ParamGroup> groups, double beta1, double beta2)
    : groups_(std::move(groups)), beta1_(beta1), beta2_(beta2) {
  for (const ParamGroup& group : groups_) {
    Moments moments;
    for (const Tensor& param : group.params) {
      moments.mean.push_back(at::zeros_like(param));
      moments.square.push_back(at::zeros_like(param));
      moments.steps.push_back(at::zeros({}, param.options().dtype(torch::kFloat)));
    }
    moments_.push_back(std::move(moments));
  }
}

void AdamW::step_group(const ParamGroup& group,
                       const Moments& moments,
                       const Rates& now,
                       double factor) {
  kernels::AdamWTensors moving;
  std::vector<Tensor> still, still_averages;
  for (size_t i = 0; i < group.params.size(); ++i) {
    const bool moves = group.params[i].grad().defined();
    if (!group.averages.empty())
      (moves ? moving.averages : still_averages).push_back(group.averages[i]);
    (moves ? moving.params : still).push_back(group.params[i]);
    if (!moves) continue;
    moving.gradients.push_back(group.params[i].grad());
    moving.means.push_back(moments.mean[i]);
    moving.squares.push_back(moments.square[i]);
    moving.steps.push_back(moments.steps[i]);
  }
  if (!still_averages.empty()) at::_foreach_lerp_(still_averages, still, 1 - now.momentum);
  if (moving.params.empty()) return;
  at::_foreach_add_(moving.steps, 1);
  const double lr = (group.rule.is_last_layer ? now.last_layer_lr : now.lr) *
                    group.rule.lr_multiplier * (group.part == "backbone" ? now.backbone : 1);
  kernels::adamw(moving,
                 {.lr = lr,
                  .weight_decay = now.weight_decay * group.rule.wd_multiplier,
                  .beta1 = beta1_,
                  .beta2 = beta2_,
                  .gradient_factor = factor,
                  .momentum = now.momentum});
}

void AdamW::step(const Rates& now, const Factors& factors) {
  const torch::NoGradGuard frozen;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const auto factor = factors.find(groups_[i].part);
    step_group(groups_[i], moments_[i], now, factor == factors.end() ? 1 : factor->second);
  }
}

void AdamW::average(double momentum) {
  const torch::NoGradGuard frozen;
  for (const ParamGroup& group : groups_) {
    if (!group.averages.empty()) at::_foreach_lerp_(group.averages, group.params, 1 - momentum);
  }
}

void AdamW::zero_grad() {
  for (ParamGroup& group : groups_) {
    for (Tensor& param : group.params) param.mutable_grad().reset();
  }
}

NamedTensors AdamW::state() const {
  NamedTensors out;
  for (size_t g = 0; g < groups_.size(); ++g) {
    for (size_t i = 0; i < groups_[g].names.size(); ++i) {
      const std::string& name = groups_[g].names[i];
      out.emplace_back("exp_avg." + name, moments_[g].mean[i]);
      out.emplace_back("exp_avg_sq." + name, moments_[g].square[i]);
      out.emplace_back("step." + name, moments_[g].steps[i]);
    }
  }
  return out;
}

void AdamW::load_state(const NamedTensors& saved) {
  const torch::NoGradGuard frozen;
  for (auto& [name, tensor] : state()) {
    const auto found =
        std::find_if(saved.begin(), saved.end(), [&](const auto& s) { return s.first == name; });
    if (found == saved.end())
      fail("the saved optimizer has no '{}'; is it of another network?", name);
    if (found->second.sizes() != tensor.sizes()) {
      fail("the saved optimizer's '{}' has another shape than this network's", name);
    }
    Tensor target = tensor;
    target.copy_(found->second);
  }
}

double gradient_norm(const std::vector<Tensor>& params, distributed::Communicator* shards) {
  const torch::NoGradGuard frozen;
  std::vector<Tensor> grads;
  for (const Tensor& param : params) {
    if (param.grad().defined()) grads.push_back(param.grad());
  }
  if (grads.empty() && shards == nullptr) return 0;
  Tensor norm = grads.empty() ? at::zeros({}, params.empty() ? at::kFloat : params[0].options())
                              : at::stack(at::_foreach_norm(grads, 2)).norm();
  if (shards != nullptr) {
    Tensor square = norm.square();
    shards->all_reduce(square);
    norm = square.sqrt();
  }
  return norm.item<double>();
}

double clip_factor(double norm, double limit) {
  return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1;
}

}  // namespace troodon::train
