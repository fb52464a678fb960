#include "train/step.hpp"

#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "train/objective.hpp"

namespace troodon::train {
namespace {

StudentTokens student_tokens(State& state, const Batch& batch, at::ScalarType type) {
  const Products products(type, batch.global_crops);
  const bool local = batch.local_crops.defined() && batch.local_crops.size(0) > 0;
  BackboneInput in{{batch.global_crops}, {batch.masks}, {batch.mask_indices}};
  if (local) {
    in.crops.push_back(batch.local_crops);
    in.masks.emplace_back();
    in.patch_indices.emplace_back();
  }
  const auto views = state.student_parts.forward(state.student->backbone, in);
  return {
      .local = local ? views[1].cls : Tensor(), .global = views[0].cls, .patch = views[0].patches};
}

/// The batch as a student that is distilled sees it: nothing hidden; asked about every patch, or
/// about those that a mask would have hidden (paper section 5).
Batch in_the_open(const Batch& batch, bool all_patches) {
  Batch out = batch;
  out.masks = at::zeros_like(batch.masks);
  if (!all_patches) return out;
  const int64_t patches = batch.masks.size(1);
  out.mask_indices = at::arange(batch.masks.numel(), batch.mask_indices.options());
  out.masks_weight = at::full(
      {batch.masks.numel()}, 1.0 / static_cast<double>(patches), batch.masks_weight.options());
  return out;
}

/// Losses as numbers, averaged over ranks: a NaN of one rank is seen by all.
StepValues read(const Losses& loss, distributed::Communicator& ranks) {
  Tensor values = at::stack({loss.dino_local, loss.dino_global, loss.koleo, loss.ibot, loss.total})
                      .detach()
                      .to(torch::kDouble);
  ranks.all_reduce(values);
  const Tensor host = (values / static_cast<double>(ranks.world_size())).cpu();
  const auto at = host.accessor<double, 1>();
  return {.dino_local = at[0], .dino_global = at[1], .koleo = at[2], .ibot = at[3], .total = at[4]};
}

/// Of everything this rank trains.
std::vector<Tensor> gradients(const State& state) {
  std::vector<Tensor> out;
  for (const auto& [part, module] : state.student->parts()) {
    for (const Tensor& param : state.trained(part)) {
      if (param.grad().defined()) out.push_back(param.grad());
    }
  }
  return out;
}

/// What this rank has of one part of a network, by its name within the part.
NamedTensors tensors_of(const Network& network,
                        const ShardedNetwork* shards,
                        const std::string& part) {
  NamedTensors out;
  const std::string prefix = part + ".";
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    if (name.rfind(prefix, 0) == 0) out.emplace_back(name.substr(prefix.size()), tensor);
  };
  if (shards != nullptr) {
    for (const auto& [name, piece] : shards->pieces()) add(name, piece);
  } else {
    for (const auto& item : network->named_parameters()) add(item.key(), item.value());
  }
  return out;
}

std::vector<ParamGroup> all_groups(const State& state, const TrainConfig& config) {
  std::vector<ParamGroup> groups;
  for (const auto& [part, module] : state.student->parts()) {
    const NamedTensors params = tensors_of(state.student, state.student_shards.get(), part);
    std::map<std::string, Tensor> averages;
    for (const auto& [name, tensor] : tensors_of(state.teacher, state.teacher_shards.get(), part))
      averages[part + "." + name] = tensor;
    const bool backbone = part == "backbone";
    const RuleConfig rules{.depth = backbone ? state.student->backbone->config().depth : 0,
                           .layerwise_decay = config.optim.layerwise_decay,
                           .patch_embed_lr_mult = config.optim.patch_embed_lr_mult};
    for (ParamGroup& group : param_groups(params, rules, part + ".")) {
      group.part = part;
      for (const std::string& name : group.names) group.averages.push_back(averages.at(name));
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

}  // namespace

State::State(const TrainConfig& config,
             torch::Device device,
             torch::ScalarType dtype,
             distributed::Communicator* ranks)
    : student(config.student_vit(), config), teacher(nullptr), loss_scale(LossScale::of(config)) {
  const bool sharded =
      ranks != nullptr && ranks->world_size() > 1 && config.troodon.sharding == "full";
  student->to(device, dtype);
  // One network after the other: never are two of them whole.
  if (sharded) student_shards = std::make_unique<ShardedNetwork>(student, *ranks);
  teacher = Network(config.teacher_vit(), config);
  teacher->to(device, dtype);
  for (Tensor& param : teacher->parameters()) param.set_requires_grad(false);
  teacher->eval();
  student->backbone->nested = {
      .packed = config.packed(), .checkpoint = config.troodon.checkpoint_blocks, .lean = true};
  if (sharded) {
    teacher_shards = std::make_unique<ShardedNetwork>(teacher, *ranks);
    at::_foreach_copy_(teacher_shards->parts(), student_shards->parts());
  } else {
    copy_weights(teacher, student);
  }
  optimizer = AdamW(all_groups(*this, config), config.optim.adamw_beta1, config.optim.adamw_beta2);
}

std::vector<Tensor> State::trained(const std::string& part) const {
  std::vector<Tensor> out;
  for (const auto& [name, tensor] : tensors_of(student, student_shards.get(), part))
    out.push_back(tensor);
  return out;
}

NamedTensors State::center_state() const {
  NamedTensors out;
  const auto add = [&](const std::string& name, const Tensor& t) {
    if (t.defined()) out.emplace_back(name, t);
  };
  add("dino.value", centers.dino.value), add("dino.pending", centers.dino.pending);
  add("ibot.value", centers.ibot.value), add("ibot.pending", centers.ibot.pending);
  return out;
}

void State::load_center_state(const NamedTensors& saved) {
  const torch::Device device = student->parameters().front().device();
  centers = {};
  for (const auto& [name, tensor] : saved) {
    const Tensor here = tensor.to(device);
    if (name == "dino.value") centers.dino.value = here;
    if (name == "dino.pending") centers.dino.pending = here;
    if (name == "ibot.value") centers.ibot.value = here;
    if (name == "ibot.pending") centers.ibot.pending = here;
  }
}

std::vector<std::pair<std::string, double>> StepValues::log_row() const {
  std::vector<std::pair<std::string, double>> row;
  if (contrast >= 0) {
    row = {{"contrast_loss", contrast}, {"spread_loss", spread}, {"total_loss", total}};
  } else {
    row = {{"dino_local_crops_loss", dino_local},
           {"dino_global_crops_loss", dino_global},
           {"koleo_loss", koleo / 2},
           {"ibot_loss", ibot / 2},
           {"total_loss", dino_local + dino_global + koleo / 2 + ibot / 2},
           {"total_backprop", total}};
  }
  if (loss_scale > 0) row.emplace_back("loss_scale", loss_scale);
  return row;
}

bool StepValues::finite() const {
  return std::isfinite(dino_local + dino_global + koleo + ibot + total);
}

Logits guide_logits(State& state, const Batch& batch, const StepContext& context) {
  return teacher_logits(state.guide,
                        in_the_open(batch, context.config.distillation.all_patches),
                        context.types.teacher);
}

void begin_pass(State& state, const StepContext& context) {
  state.student->backbone->permutation =
      [draws = Random(mix(context.config.train.seed, context.step, context.ranks.rank()))](
          int64_t n) mutable { return at::tensor(draws.permutation(n)); };
  state.optimizer.zero_grad();
}

Losses forward_backward(State& state,
                        const Batch& given,
                        const Rates& now,
                        const StepContext& context) {
  const auto& config = context.config;
  const Batch batch = state.guide ? in_the_open(given, config.distillation.all_patches) : given;
  const bool average_teaches = !state.guide;
  begin_pass(state, context);
  state.centers.ibot.by_rows = config.troodon.batch_over_ranks;
  if (state.teacher_shards && average_teaches) state.teacher_shards->begin();
  Logits said;
  if (context.guide_says != nullptr) {  // copied: targets are computed in its place
    said = {context.guide_says->first.clone(), context.guide_says->second.clone()};
  } else {
    said =
        teacher_logits(average_teaches ? state.teacher : state.guide, batch, context.types.teacher);
  }
  if (state.teacher_shards && average_teaches) state.teacher_shards->finish();
  if (state.student_shards) state.student_shards->begin();
  const StudentTokens tokens = student_tokens(state, batch, context.types.student.backbone);
  const Losses loss = losses_of(state, tokens, std::move(said), batch, now, context);
  loss.scaled.backward();
  state.student_parts.backward();
  if (state.student_shards) state.student_shards->finish();
  return loss;
}

void finish_pass(State& state, StepValues& values, const Rates& now, const StepContext& context) {
  const bool sharded = state.student_shards != nullptr;  // then gradients are averaged already
  const std::vector<Tensor> all = gradients(state);
  if (!sharded) distributed::average(all, context.ranks);
  if (state.loss_scale.used) values.loss_scale = state.loss_scale.value;
  if (state.loss_scale.unscale(all, context.ranks)) {
    Factors factors;
    for (const auto& [part, module] : state.student->parts()) {
      const double norm = gradient_norm(state.trained(part), sharded ? &context.ranks : nullptr);
      values.gradient_norms.emplace_back(part, norm);
      factors[part] = clip_factor(norm, context.config.optim.clip_grad);
    }
    state.optimizer.step(now, factors);  // the teacher follows in the same pass
  } else {
    state.optimizer.average(now.momentum);
  }
}

StepValues train_step(State& state,
                      const Batch& batch,
                      const Rates& now,
                      const StepContext& context) {
  const Losses loss = forward_backward(state, batch, now, context);
  StepValues values = read(loss, context.ranks);
  if (values.finite()) finish_pass(state, values, now, context);
  return values;
}

}  // namespace troodon::train
