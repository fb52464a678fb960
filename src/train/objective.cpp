#include "train/objective.hpp"

#include <utility>

#include <ATen/ATen.h>

#include "kernels/fused_cross_entropy.hpp"
#include "train/losses.hpp"

namespace troodon::train {
namespace {

using kernels::TargetRows;

/// Each pair of views counts once: 2 per local crop, and the two global crops with each other.
/// Without local crops the official code still counts one.
double pairs(int64_t locals) {
  return (locals > 0 ? 2.0 * static_cast<double>(locals) : 1) + 2;
}

void add_koleo(Losses& loss, const Tensor& global, const StepContext& context) {
  const TrainConfig& config = context.config;
  const auto koleo = [&](const Tensor& x) {
    return config.troodon.batch_over_ranks ? koleo_loss_over_ranks(x, context.ranks)
                                           : koleo_loss(x);
  };
  const auto crops = global.chunk(2);
  loss.koleo = (koleo(crops[0]) + koleo(crops[1])) * config.dino.koleo_loss_weight;
}

Tensor weighted(const Losses& loss, const TrainConfig& config) {
  return config.dino.loss_weight * (loss.dino_local + loss.dino_global) + loss.koleo +
         config.ibot.loss_weight * loss.ibot;
}

Losses plain_losses(State& state,
                    const StudentTokens& tokens,
                    std::pair<Tensor, Tensor> teacher_logits,
                    const Batch& batch,
                    const Rates& now,
                    const StepContext& context) {
  const TrainConfig& config = context.config;
  const int64_t pictures = tokens.global.size(0) / 2;
  const bool local = tokens.local.defined();
  const auto said =
      state.student->heads(local ? at::cat({tokens.local, tokens.global}) : tokens.global,
                           tokens.patch,
                           context.types.student);
  const Targets target = make_targets(teacher_logits,
                                      now.teacher_temperature,
                                      config.sinkhorn() ? nullptr : &state.centers,
                                      context.ranks);
  const auto& [cls, patch] = said;
  const int64_t locals = cls.size(0) / pictures - 2;
  Losses loss;
  loss.dino_local = target.cls.new_zeros({});
  if (local) {
    const Tensor crops = cls.slice(0, 0, locals * pictures).view({locals, pictures, cls.size(1)});
    loss.dino_local = dino_loss(crops, target.cls) / pairs(locals);
  }
  loss.dino_global = dino_loss(cls.slice(0, locals * pictures).unsqueeze(0),
                               target.cls.flatten(0, 1).unsqueeze(0)) *
                     2 / pairs(locals);
  loss.ibot = ibot_loss(patch, target.patch, batch.masks_weight, batch.masks.size(0));
  add_koleo(loss, tokens.global, context);
  loss.total = weighted(loss, config);
  loss.scaled = loss.total * state.loss_scale.value;
  return loss;
}

/// Tokens of one kind, each with its share of its loss, and what they should say.
struct Part {
  Tensor tokens;
  Tensor weight;    ///< of each row in the loss it belongs to
  double loss = 1;  ///< that loss's weight in the total
  TargetRows target;
};

/// Local crops look at both global ones, each of which looks at the other.
std::vector<Part> class_parts(const StudentTokens& tokens,
                              const SoftTargets& teacher,
                              const TrainConfig& config) {
  const int64_t rows = tokens.global.size(0), pictures = rows / 2;
  const int64_t locals = tokens.local.defined() ? tokens.local.size(0) / pictures : 0;
  const double weight = 1 / (static_cast<double>(pictures) * pairs(locals));
  const auto at = [options = at::TensorOptions().dtype(at::kLong).device(tokens.global.device())](
                      int64_t first, int64_t end) { return at::arange(first, end, options); };
  std::vector<Part> parts;
  if (locals > 0) {
    const TargetRows both{tokens.local.size(0),
                          [&teacher, at, pictures](int64_t first, int64_t end) {
                            const Tensor picture = at(first, end).remainder_(pictures);
                            return teacher.rows(picture).add_(teacher.rows(picture + pictures));
                          }};
    parts.push_back({tokens.local,
                     at::full({both.rows}, weight, teacher.plan.options()),
                     config.dino.loss_weight,
                     both});
  }
  const TargetRows other{rows, [&teacher, at, pictures, rows](int64_t first, int64_t end) {
                           return teacher.rows((at(first, end) + pictures).remainder_(rows));
                         }};
  parts.push_back({tokens.global,
                   at::full({rows}, weight, teacher.plan.options()),
                   config.dino.loss_weight,
                   other});
  return parts;
}

Part patch_part(const StudentTokens& tokens,
                const SoftTargets& teacher,
                const Batch& batch,
                const TrainConfig& config) {
  const TargetRows same{tokens.patch.size(0), [&teacher](int64_t first, int64_t end) {
                          const auto options =
                              at::TensorOptions().dtype(at::kLong).device(teacher.plan.device());
                          return teacher.rows(at::arange(first, end, options));
                        }};
  return {
      tokens.patch,
      batch.masks_weight.to(teacher.plan.scalar_type()) / static_cast<double>(batch.masks.size(0)),
      config.ibot.loss_weight,
      same};
}

/// How a head computes.
struct Manner {
  at::ScalarType products;
  double loss_scale;  ///< goes into the weights, as gradients are computed before anyone asks
};

/// One head's cross-entropies: the loss of each part without its weight goes to `values`, their
/// weighted and scaled sum comes back.
Tensor say(model::DINOHead& head,
           const std::vector<Part>& parts,
           const Manner& manner,
           std::vector<Tensor>& values) {
  const Products products(manner.products, parts.front().tokens);
  std::vector<Tensor> tokens, weights;
  std::vector<TargetRows> targets;
  for (const Part& part : parts) {
    tokens.push_back(part.tokens);
    weights.push_back(part.weight * (part.loss * manner.loss_scale));
    targets.push_back(part.target);
  }
  const auto said = kernels::fused_cross_entropy(
      head->features(at::cat(tokens)), head->prototypes(), at::cat(weights), targets);
  int64_t row = 0;
  for (const Part& part : parts) {
    const int64_t end = row + part.target.rows;
    values.push_back((said.rows.slice(0, row, end) * part.weight).sum());
    row = end;
  }
  return said.total;
}

Losses fused_losses(State& state,
                    const StudentTokens& tokens,
                    std::pair<Tensor, Tensor> teacher_logits,
                    const Batch& batch,
                    const Rates& now,
                    const StepContext& context) {
  const TrainConfig& config = context.config;
  const auto [cls, patch] = make_soft_targets(std::move(teacher_logits),
                                              now.teacher_temperature,
                                              config.sinkhorn() ? nullptr : &state.centers,
                                              context.ranks);
  std::vector<Part> parts = class_parts(tokens, cls, config);
  const Part patches = patch_part(tokens, patch, batch, config);
  std::vector<Tensor> values;
  Losses loss;
  const double scale = state.loss_scale.value;
  const ModuleTypes& types = context.types.student;
  if (!state.student->ibot_head) parts.push_back(patches);
  loss.scaled = say(state.student->dino_head, parts, {types.dino_head, scale}, values);
  if (state.student->ibot_head) {
    loss.scaled =
        loss.scaled + say(state.student->ibot_head, {patches}, {types.ibot_head, scale}, values);
  }
  const bool local = tokens.local.defined();
  loss.dino_local = local ? values[0] : values[0].new_zeros({});
  loss.dino_global = values[local ? 1 : 0];
  loss.ibot = values.back();
  add_koleo(loss, tokens.global, context);
  loss.total = weighted(loss, config);
  loss.scaled = loss.scaled + loss.koleo * scale;
  return loss;
}

}  // namespace

Losses losses_of(State& state,
                 const StudentTokens& tokens,
                 std::pair<Tensor, Tensor> teacher_logits,
                 const Batch& batch,
                 const Rates& now,
                 const StepContext& context) {
  const auto way = context.config.troodon.fused_loss ? fused_losses : plain_losses;
  return way(state, tokens, std::move(teacher_logits), batch, now, context);
}

}  // namespace troodon::train
