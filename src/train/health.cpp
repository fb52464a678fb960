#include "train/health.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "train/losses.hpp"

namespace troodon::train {
namespace {

Tensor entropy(const Tensor& probabilities) {
  return -at::xlogy(probabilities, probabilities).sum(-1);
}

Tensor unit_rows(const Tensor& x) {
  const Tensor wide = x.detach().to(torch::kFloat);
  return wide / wide.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-8);
}

double mean_of(const double* begin, const double* end) {
  return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin);
}

/// Relative change between the means of the older and the newer half.
double relative_change(const std::vector<double>& losses, int64_t window) {
  const double* const end = losses.data() + losses.size();
  const double older = mean_of(end - window, end - window / 2),
               newer = mean_of(end - window / 2, end);
  return std::abs(newer - older) / std::max(std::abs(older), 1e-12);
}

void diagnose_losses(const std::vector<double>& losses,
                     const HealthLimits& limits,
                     std::vector<Diagnosis>& out) {
  if (!losses.empty() && !std::isfinite(losses.back())) {
    out.push_back(
        {true,
         "The loss is not a number. Usual causes: the learning rate is too high (halve "
         "optim.base_lr), no warm-up (raise optim.warmup_epochs), or broken input pictures."});
    return;
  }
  const int64_t window = limits.flat_steps;
  if (static_cast<int64_t>(losses.size()) < window || window < 2) return;
  const double change = relative_change(losses, window);
  if (change >= limits.flat_change) return;
  out.push_back(
      {false,
       fmt::format("The loss moved by only {:.2g} % over the last {} logged steps. Usual causes: "
                   "the learning rate is too low for this batch (it is scaled by "
                   "sqrt(batch / 1024); raise optim.base_lr), the warm-up isn't over, or the "
                   "crops of different pictures look alike.",
                   100 * change,
                   window)});
}

}  // namespace

double target_entropy(const Tensor& probabilities) {
  const double most = std::log(static_cast<double>(probabilities.size(-1)));
  return entropy(at_least_float(probabilities)).mean().item<double>() / most;
}

double prototype_use(const Tensor& probabilities) {
  const double most = std::log(static_cast<double>(probabilities.size(-1)));
  return entropy(at_least_float(probabilities).mean(0)).item<double>() / most;
}

double effective_rank(const Tensor& features) {
  if (!features.isfinite().all().item<bool>()) return std::numeric_limits<double>::quiet_NaN();
  const Tensor values = at::linalg_svdvals(features.detach().to(torch::kDouble));
  const Tensor total = values.sum();
  if (total.item<double>() <= 0) return 0;
  return std::exp(entropy(values / total).item<double>());
}

double feature_std(const Tensor& features) {
  const Tensor unit = unit_rows(features);
  const double root = std::sqrt(static_cast<double>(unit.size(1)));
  return unit.std(0, /*unbiased=*/false).mean().item<double>() * root;
}

double nearest_distance(const Tensor& features) {
  const Tensor unit = unit_rows(features);
  return at::pairwise_distance(unit, unit.index_select(0, nearest_rows(unit)))
      .mean()
      .item<double>();
}

Health measure_health(int64_t step, const Tensor& features, const Tensor& probabilities) {
  Health out = measure_health(step, features);
  out.target_entropy = target_entropy(probabilities);
  out.prototype_use = prototype_use(probabilities);
  return out;
}

Health measure_health(int64_t step, const Tensor& features) {
  return {.step = step,
          .effective_rank = effective_rank(features),
          .feature_std = feature_std(features),
          .nearest_distance = features.size(0) > 1 ? nearest_distance(features) : 0};
}

std::vector<Diagnosis> diagnose(const std::vector<double>& losses,
                                const Health& health,
                                const HealthLimits& limits) {
  std::vector<Diagnosis> out;
  diagnose_losses(losses, limits, out);
  if (health.feature_std < limits.feature_std || health.effective_rank < limits.effective_rank) {
    out.push_back(
        {false,
         fmt::format("Features have collapsed: spread {:.3f} (1 is ideal), effective rank {:.1f}. "
                     "Different pictures get nearly the same embedding. Raise "
                     "dino.koleo_loss_weight or the batch, or lower optim.base_lr.",
                     health.feature_std,
                     health.effective_rank)});
  }
  if (health.target_entropy > limits.uniform_entropy) {
    out.push_back(
        {false,
         fmt::format("The teacher's targets are uniform (entropy {:.3f} of 1), so there is nothing "
                     "to learn from them. Lower teacher.teacher_temp or "
                     "teacher.warmup_teacher_temp.",
                     health.target_entropy)});
  }
  if (health.prototype_use < limits.prototype_use) {
    out.push_back(
        {false,
         fmt::format("A few prototypes take all pictures (use {:.3f} of 1). Set "
                     "train.centering=sinkhorn_knopp, or lower dino.head_n_prototypes for a "
                     "small data set.",
                     health.prototype_use)});
  }
  return out;
}

}  // namespace troodon::train
