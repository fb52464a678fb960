#include "train/copies.hpp"

#include <limits>

#include <ATen/ATen.h>

#include "train/losses.hpp"

namespace troodon::train {
namespace {

constexpr double kEps = 1e-8;

/// This rank's views among those of all ranks.
struct Among {
  Tensor unit;  ///< [2B,D], length 1
  Tensor all;   ///< [2BW,D], those of every rank in their order
  Tensor self;  ///< [2B,1] int64: each view's own row in all
  Tensor copy;  ///< [2B,1] the row of the other view of its picture
};

Among among(const Tensor& views, distributed::Communicator& ranks) {
  TORCH_CHECK(views.dim() == 2 && views.size(0) > 0 && views.size(0) % 2 == 0,
              "views of copies are [2B,D], B >= 1, not ",
              views.sizes());
  const Tensor x = at_least_float(views);
  const int64_t rows = x.size(0), first = ranks.rank() * rows;
  Among out;
  out.unit = x / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(kEps);
  out.all = distributed::gather_rows(out.unit, ranks);
  const Tensor row = at::arange(rows, x.options().dtype(at::kLong)).unsqueeze(1);
  out.self = row + first;
  out.copy = (row + rows / 2).remainder(rows) + first;
  return out;
}

/// Class tokens of both views of every picture, [2B,D].
Tensor descriptors(State& state, const Batch& batch, at::ScalarType type) {
  const Products products(type, batch.global_crops);
  const BackboneInput in{{batch.global_crops}, {Tensor()}, {Tensor()}};
  return state.student_parts.forward(state.student->backbone, in)[0].cls;
}

/// As numbers, averaged over ranks: a NaN of one rank is seen by all.
StepValues read(const Tensor& contrast, const Tensor& spread, distributed::Communicator& ranks) {
  Tensor values = at::stack({contrast, spread}).detach().to(torch::kDouble);
  ranks.all_reduce(values);
  const Tensor host = (values / static_cast<double>(ranks.world_size())).cpu();
  const double first = host[0].item<double>(), second = host[1].item<double>();
  return {.total = first + second, .contrast = first, .spread = second};
}

}  // namespace

Tensor contrast_loss(const Tensor& views, double temperature, distributed::Communicator& ranks) {
  const Among x = among(views, ranks);
  const Tensor logits = (x.unit.matmul(x.all.t()) / temperature)
                            .scatter(1, x.self, -std::numeric_limits<double>::infinity());
  return -at::log_softmax(logits, 1).gather(1, x.copy).mean();
}

Tensor spread_loss(const Tensor& views, distributed::Communicator& ranks) {
  const Among x = among(views, ranks);
  if (x.all.size(0) <= 2) return x.unit.new_zeros({});
  const Tensor similarity = x.unit.detach().matmul(x.all.detach().t());
  const Tensor others = similarity.scatter(1, x.self, -2).scatter(1, x.copy, -2);
  const Tensor nearest = x.all.index_select(0, others.argmax(1));
  return -(at::pairwise_distance(x.unit, nearest, 2, kEps) + kEps).log().mean();
}

StepValues copy_step(State& state,
                     const Batch& batch,
                     const Rates& now,
                     const StepContext& context) {
  const auto& config = context.config.copies;
  begin_pass(state, context);
  if (state.student_shards) state.student_shards->begin();
  const Tensor views = descriptors(state, batch, context.types.student.backbone);
  const Tensor contrast = contrast_loss(views, config.temperature, context.ranks);
  const Tensor spread = config.spread_loss_weight * spread_loss(views, context.ranks);
  ((contrast + spread) * state.loss_scale.value).backward();
  state.student_parts.backward();
  if (state.student_shards) state.student_shards->finish();
  StepValues values = read(contrast, spread, context.ranks);
  if (values.finite()) finish_pass(state, values, now, context);
  return values;
}

}  // namespace troodon::train
