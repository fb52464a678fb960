#include "run/vitals.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"
#include "distributed/communicator.hpp"

namespace troodon::run {
namespace {

/// Health of the teacher on the crops at hand; costs one forward pass of the teacher.
train::Health examine(int64_t step,
                      train::State& state,
                      const train::Batch& batch,
                      const train::Schedules& schedules) {
  const torch::InferenceMode guard;
  const torch::Tensor cls = state.teacher->backbone->forward(batch.global_crops);
  if (state.teacher->dino_head.is_empty()) return train::measure_health(step, cls);
  const torch::Tensor logits = state.teacher->heads(cls, cls.slice(0, 0, 0)).first;
  distributed::Alone alone;
  const double temperature = schedules.at(step).teacher_temperature;
  return train::measure_health(step, cls, train::sinkhorn_knopp(logits, temperature, alone));
}

}  // namespace

Vitals::Vitals(const train::TrainConfig& config)
    : config_(config), every_(std::clamp<int64_t>(config.steps() / 50, 10, 500)) {}

bool Vitals::due(int64_t step, const train::StepValues& values) {
  if (step % config_.troodon.log_every == 0 || !values.finite()) losses_.push_back(values.total);
  return (step + 1) % every_ == 0 || !values.finite();
}

void Vitals::check(int64_t step, const train::StepValues& values) {
  if (values.finite()) return;
  fail(Exit::numeric,
       "step {}: the loss is not finite; lower optim.base_lr or raise optim.warmup_epochs",
       step);
}

void Vitals::watch(int64_t step,
                   train::State& state,
                   const train::Batch& batch,
                   const train::StepValues& values,
                   Journal& journal) {
  last_ = examine(step, state, batch, train::Schedules(config_, 1));
  std::map<std::string, double> row = {{"effective_rank", last_.effective_rank},
                                       {"feature_std", last_.feature_std},
                                       {"koleo_distance", last_.nearest_distance}};
  if (!config_.copies.learn) {
    row["target_entropy"] = last_.target_entropy;
    row["prototype_use"] = last_.prototype_use;
  }
  journal.note(step, row);
  const auto found = train::diagnose(losses_, last_);
  for (const auto& diagnosis : found) {
    const bool said = std::any_of(diagnoses_.begin(), diagnoses_.end(), [&](const auto& d) {
      return d.text == diagnosis.text;
    });
    if (diagnosis.fatal && !values.finite())
      fail(Exit::numeric, "step {}: {}", step, diagnosis.text);
    if (!said) log_warning("step {}: {}", step, diagnosis.text);
  }
  diagnoses_ = found;
  check(step, values);
}

std::vector<report::Finding> Vitals::findings() const {
  std::vector<report::Finding> out;
  for (const auto& diagnosis : diagnoses_) out.push_back({diagnosis.fatal ? 2 : 1, diagnosis.text});
  if (out.empty() && last_.step > 0) {
    const std::string targets = config_.copies.learn
                                    ? ""
                                    : fmt::format(", targets keep {:.0f} % of the greatest entropy",
                                                  100 * last_.target_entropy);
    out.push_back({0,
                   fmt::format("Healthy: features use {:.0f} directions, spread {:.2f}{}.",
                               last_.effective_rank,
                               last_.feature_std,
                               targets)});
  }
  return out;
}

}  // namespace troodon::run
