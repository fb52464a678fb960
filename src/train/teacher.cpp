#include "train/teacher.hpp"

#include <ATen/ATen.h>

#include "train/backbone_parts.hpp"

namespace troodon::train {

Batch Batch::to(torch::Device device, torch::ScalarType dtype) const {
  const auto move = [&](const Tensor& t, torch::ScalarType as) {
    return t.defined() ? t.to(device, as, /*non_blocking=*/true) : t;
  };
  return {.global_crops = move(global_crops, dtype),
          .local_crops = move(local_crops, dtype),
          .masks = move(masks, torch::kBool),
          .mask_indices = move(mask_indices, torch::kLong),
          .masks_weight = move(masks_weight, dtype),
          .upperbound = upperbound};
}

NetworkImpl::NetworkImpl(const model::VitConfig& vit, const TrainConfig& config)
    : backbone(register_module("backbone", model::VisionTransformer(vit))) {
  if (config.copies.learn) return;
  dino_head = register_module("dino_head", model::DINOHead(config.dino_head()));
  if (config.ibot.separate_head) {
    ibot_head = register_module("ibot_head", model::DINOHead(config.ibot_head()));
  }
}

std::pair<Tensor, Tensor> NetworkImpl::heads(const Tensor& cls,
                                             const Tensor& patches,
                                             const ModuleTypes& types) {
  const auto logits = [](model::DINOHead& head, const Tensor& x, at::ScalarType type) {
    const Products products(type, x);
    return head(x);
  };
  if (ibot_head)
    return {logits(dino_head, cls, types.dino_head), logits(ibot_head, patches, types.ibot_head)};
  const auto out = logits(dino_head, at::cat({cls, patches}), types.dino_head)
                       .split_with_sizes({cls.size(0), patches.size(0)});
  return {out[0], out[1]};
}

std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> NetworkImpl::parts() const {
  std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> out;
  for (const auto& child : named_children()) out.emplace_back(child.key(), child.value());
  return out;
}

Logits teacher_logits(Network& teacher, const Batch& batch, const ModuleTypes& types) {
  const torch::NoGradGuard frozen;
  const auto view = [&] {
    const Products products(types.backbone, batch.global_crops);
    return forward_in_parts(teacher->backbone,
                            {.crops = {batch.global_crops},
                             .masks = {Tensor()},
                             .patch_indices = {batch.mask_indices}});
  }();
  return teacher->heads(view[0].cls, view[0].patches, types);
}

Targets make_targets(const std::pair<Tensor, Tensor>& logits,
                     double temperature,
                     Centers* centers,
                     distributed::Communicator& ranks) {
  const auto probabilities = [&](const Tensor& from, Center* center) {
    return center ? centred_softmax(from, temperature, *center, ranks)
                  : sinkhorn_knopp(from, temperature, ranks);
  };
  const Tensor both = probabilities(logits.first, centers ? &centers->dino : nullptr);
  return {.cls = both.view({2, -1, both.size(1)}).flip(0),  // each crop learns from the other
          .patch = probabilities(logits.second, centers ? &centers->ibot : nullptr)};
}

FactoredTargets make_soft_targets(std::pair<Tensor, Tensor> logits,
                                  double temperature,
                                  Centers* centers,
                                  distributed::Communicator& ranks) {
  const auto factors = [&](const Tensor& from, Center* center) {
    return center ? centred_factors(from, temperature, *center, ranks)
                  : sinkhorn_factors(from, temperature, ranks);
  };
  // In this order: every rank must meet the others in the same one.
  SoftTargets cls = factors(logits.first, centers ? &centers->dino : nullptr);
  return {.cls = std::move(cls),
          .patch = factors(logits.second, centers ? &centers->ibot : nullptr)};
}

void copy_weights(Network& teacher, const Network& student) {
  const torch::NoGradGuard frozen;
  at::_foreach_copy_(teacher->parameters(), student->parameters());
}

}  // namespace troodon::train
