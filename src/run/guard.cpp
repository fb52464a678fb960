#include "run/guard.hpp"

#include "base/error.hpp"
#include "model/checkpoint.hpp"

namespace troodon::run {
namespace {

/// Pictures spread evenly over a source.
data::Source sample_of(const data::Source& source, size_t most) {
  const size_t count = std::min(most, source.items.size());
  data::Source out;
  for (size_t i = 0; i < count; ++i) {
    out.items.push_back(source.items[i * source.items.size() / count]);
  }
  return out;
}

torch::Tensor centred(const index::Features& features) {
  const torch::Tensor rows = torch::tensor(features.values).view({features.rows, features.dim});
  return rows - rows.mean(0, /*keepdim=*/true);
}

}  // namespace

double drift(const index::Features& before, const index::Features& now) {
  if (before.rows != now.rows || before.dim != now.dim) {
    fail("features of {} pictures can't be compared with those of {}", before.rows, now.rows);
  }
  return 1 - torch::cosine_similarity(centred(before), centred(now), 1).mean().item<double>();
}

Guard::Guard(const train::TrainConfig& config,
             const data::Source& source,
             const Probe* probe,
             int64_t done,
             model::VisionTransformer& teacher)
    : config_(config),
      settings_{.image_size = config.image_size(),
                .threads = static_cast<size_t>(config.troodon.threads)},
      pictures_(sample_of(source, 256)) {
  model::Backbone start = model::load_backbone(config.student.pretrained_weights);
  first_ = embed(start.network, pictures_, settings_);
  if (probe != nullptr && config.continuation.max_knn_loss > 0)
    first_knn_ = probe->accuracy(start.network);
  remember(done, teacher);
}

bool Guard::due(const train::TrainConfig& config, int64_t done) {
  return config.watches_quality() &&
         (done % config.continuation.check_every == 0 || done == config.steps());
}

bool Guard::holds(int64_t done, model::VisionTransformer& teacher, double knn, Journal& journal) {
  const auto& limits = config_.continuation;
  std::map<std::string, double> values;
  const double moved = values["drift"] = drift(first_, embed(teacher, pictures_, settings_));
  if (watches_knn()) values["guard_knn"] = knn;
  const double lost = 100 * (first_knn_ - knn);
  journal.note(done, values);
  const auto end = [&](const std::string& what) {
    verdict_ = fmt::format(
        "step {}: {}; the run ends with the teacher of step {}", done, what, good_step_);
    return false;
  };
  if (limits.max_drift > 0 && moved > limits.max_drift) {
    return end(fmt::format(
        "features have drifted by {:.3f} (continuation.max_drift={})", moved, limits.max_drift));
  }
  if (watches_knn() && lost > limits.max_knn_loss) {
    return end(fmt::format(
        "kNN has lost {:.1f} points (continuation.max_knn_loss={})", lost, limits.max_knn_loss));
  }
  remember(done, teacher);
  return true;
}

void Guard::remember(int64_t done, model::VisionTransformer& teacher) {
  const torch::NoGradGuard frozen;
  good_.clear();
  for (const torch::Tensor& parameter : teacher->parameters()) {
    good_.push_back(parameter.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true));
  }
  good_step_ = done;
}

void Guard::put_back(train::State& state) const {
  const torch::NoGradGuard frozen;
  for (auto* backbone : {&state.student->backbone, &state.teacher->backbone}) {
    const auto parameters = (*backbone)->parameters();
    for (size_t i = 0; i < good_.size(); ++i) parameters[i].copy_(good_[i]);
  }
}

}  // namespace troodon::run
