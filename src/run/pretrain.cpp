#include "run/pretrain.hpp"

#include <algorithm>
#include <chrono>

#include <torch/types.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "kernels/backend.hpp"
#include "run/batches.hpp"
#include "run/guide.hpp"
#include "run/pupil.hpp"

namespace troodon::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Networks that learn together see the same batches and hear the same frozen teacher: they differ
/// in what is their own alone.
void check_alike(const std::vector<Assignment>& runs) {
  const auto shared = [](train::TrainConfig config) {
    config.student = {.patch_size = config.student.patch_size};
    config.train.output_dir = "";
    return to_yaml(config);
  };
  if (runs.size() > 1 && !runs.front().config.distils())
    fail(Exit::usage, "several students want one frozen teacher; add --teacher");
  for (const Assignment& run : runs) {
    if (shared(run.config) != shared(runs.front().config))
      fail(Exit::config, "students that learn together may differ in student.* alone");
  }
}

/// The same pupils, wherever they are in their runs.
std::vector<std::unique_ptr<Pupil>> gather(const std::vector<Assignment>& runs,
                                           torch::Device device,
                                           distributed::Communicator& ranks) {
  if (ranks.rank() == 0) {
    for (const Assignment& run : runs) prepare_folder(run.options);
  }
  ranks.barrier();
  const int64_t done = runs.front().options.resume ? common_step(runs) : 0;
  std::vector<std::unique_ptr<Pupil>> pupils;
  for (const Assignment& run : runs) {
    pupils.push_back(std::make_unique<Pupil>(run, done, device, ranks));
  }
  if (runs.front().config.distils()) {
    const train::Network guide = load_guide(runs.front().config, device);
    for (const auto& pupil : pupils) pupil->state().guide = guide;
  }
  return pupils;
}

std::vector<RunResult> train_together(distributed::Communicator& ranks,
                                      const std::string& where,
                                      const std::vector<Assignment>& runs) {
  check_alike(runs);
  const torch::Device device(where);
  const train::TrainConfig& config = runs.front().config;
  const auto pupils = gather(runs, device, ranks);
  data::Source source = data::open_source(runs.front().options.data);
  log_info("{}", source.description);
  for (const auto& pupil : pupils) pupil->begin(source);
  const int64_t first_step = pupils.front()->steps(), last = config.steps();
  Batches batches(config,
                  source,
                  {.threads = loader_threads(config, ranks),
                   .first_step = first_step,
                   .last_step = last,
                   .strict = runs.front().options.strict,
                   .rank = ranks.rank(),
                   .world = ranks.world_size()});
  const train::ProductTypes types = train::product_types(config, device);
  const auto start = Clock::now();
  const auto over = [&] {
    return std::ranges::all_of(pupils, [](const auto& pupil) { return pupil->stopped(); }) ||
           on_any_rank(interrupted(), ranks);
  };
  for (int64_t step = first_step; step < last && !over(); ++step) {
    const train::Batch batch = batches.next().to(device, torch::kFloat);
    train::Logits said;
    if (pupils.size() > 1) {
      said = train::guide_logits(pupils.front()->state(), batch, {config, ranks, step, types});
    }
    for (const auto& pupil : pupils) {
      if (pupil->stopped()) continue;
      pupil->learn(batch,
                   {step, types, batches.wait_seconds(), pupils.size() > 1 ? &said : nullptr});
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<RunResult> results;
  for (const auto& pupil : pupils) {
    results.push_back(pupil->end(source, batches.bad_files(), seconds));
  }
  ranks.barrier();
  return results;
}

}  // namespace

train::TrainConfig saved_config(const fs::path& out) {
  if (!fs::exists(out / "config.yaml"))
    fail(Exit::input, "{}: holds no run to resume (no config.yaml)", out.string());
  return train::load_config({out / "config.yaml"});
}

RunResult pretrain(const train::TrainConfig& config, const RunOptions& options) {
  return pretrain_together({{config, options}}).front();
}

std::vector<RunResult> pretrain_together(std::vector<Assignment> runs) {
  for (const Assignment& run : runs) run.config.validate();
  const train::TrainConfig& config = runs.front().config;
  const distributed::Launch launch = distributed::find_launch();
  const std::string where = device_of_rank(kernels::resolve_device(config.troodon.device), launch);
  const auto ranks = join(config, launch, where);
  for (Assignment& run : runs) run.config = agree(run.config, *ranks);
  return train_together(*ranks, where, runs);
}

RunResult pretrain_on(distributed::Communicator& ranks,
                      const std::string& where,
                      const train::TrainConfig& config,
                      const RunOptions& options) {
  return train_together(ranks, where, {{config, options}}).front();
}

}  // namespace troodon::run
