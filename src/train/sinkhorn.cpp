#include "train/sinkhorn.hpp"

#include <ATen/ATen.h>

#include "train/losses.hpp"

namespace troodon::train {
namespace {

/// The largest logit of all ranks, 0-dim; shifting every logit by it changes nothing but overflow.
Tensor largest(const Tensor& logits, distributed::Communicator& ranks) {
  Tensor top = logits.numel() > 0 ? logits.max() : at::full({}, -1e30, logits.options());
  ranks.all_reduce_max(top);
  return top;
}

/// The center takes in what it observed last time, then observes these logits.
void observe(const Tensor& x, Center& center, distributed::Communicator& ranks) {
  if (!center.value.defined()) center.value = at::zeros({1, x.size(1)}, x.options());
  if (center.pending.defined()) {
    center.value = center.value * center.momentum + center.pending * (1 - center.momentum);
  }
  // The last number counts what the mean is over: rows, or the ranks that have some.
  Tensor observed = at::zeros({x.size(1) + 1}, x.options());
  if (x.size(0) > 0) {
    observed.slice(0, 0, x.size(1)).copy_(center.by_rows ? x.sum(0) : x.mean(0));
    observed[-1] = center.by_rows ? x.size(0) : 1;
  }
  ranks.all_reduce(observed);
  const Tensor count = observed[-1];
  const Tensor mean = (observed.slice(0, 0, x.size(1)) / count.clamp_min(1)).unsqueeze(0);
  center.pending = at::where(count > 0, mean, center.value);
}

}  // namespace

Tensor SoftTargets::rows(const Tensor& which) const {
  Tensor out = plan.index_select(0, which);
  if (prototype.defined()) out.mul_(prototype);
  return out.mul_(row.index_select(0, which).unsqueeze(1));
}

Tensor SoftTargets::all() const {
  if (prototype.defined()) plan.mul_(prototype);
  return plan.mul_(row.unsqueeze(1));
}

SoftTargets sinkhorn_factors(const Tensor& logits,
                             double temperature,
                             distributed::Communicator& ranks,
                             int iterations) {
  const torch::NoGradGuard frozen;
  const Tensor x = at_least_float(logits);
  const Tensor plan = x.sub_(largest(x, ranks)).div_(temperature).exp_();
  // The targets are diag(row) * exp * diag(prototype): only the two vectors are iterated.
  const double tiny = x.scalar_type() == torch::kDouble ? 1e-300 : 1e-37;
  Tensor row = at::ones({x.size(0)}, x.options()), prototype;
  for (int i = 0; i < iterations; ++i) {
    Tensor mass = plan.t().mv(row);
    ranks.all_reduce(mass);
    prototype = mass.mean() / mass.clamp_min(tiny);
    row = plan.mv(prototype).clamp_min_(tiny).reciprocal_();
  }
  return {.plan = plan, .prototype = prototype, .row = row};
}

Tensor sinkhorn_knopp(const Tensor& logits,
                      double temperature,
                      distributed::Communicator& ranks,
                      int iterations) {
  return sinkhorn_factors(logits.clone(), temperature, ranks, iterations).all();
}

SoftTargets centred_factors(const Tensor& logits,
                            double temperature,
                            Center& center,
                            distributed::Communicator& ranks) {
  const torch::NoGradGuard frozen;
  const Tensor x = at_least_float(logits);
  observe(x, center, ranks);
  x.sub_(center.value).div_(temperature);
  if (x.size(0) > 0) x.sub_(x.amax(1, /*keepdim=*/true)).exp_();
  return {.plan = x, .row = x.sum(1).reciprocal_()};
}

Tensor centred_softmax(const Tensor& logits,
                       double temperature,
                       Center& center,
                       distributed::Communicator& ranks) {
  const torch::NoGradGuard frozen;
  const Tensor x = at_least_float(logits);
  observe(x, center, ranks);
  return at::softmax((x - center.value) / temperature, -1);
}

}  // namespace troodon::train
