#include <limits>
#include <map>

#include <fmt/format.h>

#include "distributed/launch.hpp"
#include "distributed/threads.hpp"
#include "golden.hpp"
#include "run/state_tensors.hpp"
#include "train/losses.hpp"
#include "train/step.hpp"

namespace golden {
namespace {

using namespace troodon::train;  // NOLINT(google-build-using-namespace)
using troodon::distributed::Alone;
using troodon::distributed::Communicator;

/// One recorded run at one precision.
struct Replay {
  torch::ScalarType dtype;
  std::string rows;      ///< key of the per-step values
  std::string weights;   ///< added to "student" and "teacher" in tensor names
  double row_tolerance;  ///< relative
  double weight_tolerance;
};
const std::array kReplays = {Replay{torch::kFloat, "steps", "", 1e-5, 1e-5},
                             Replay{torch::kDouble, "steps64", "64", 1e-10, 1e-10}};

/// Ways to compute a step that must not change it.
struct Way {
  std::string packing;
  bool fused_loss, checkpoint_blocks;
};
const std::array kWays = {
    Way{"packed", true, false}, Way{"packed", true, true}, Way{"per_size", false, false}};

TrainConfig run_config(const Case& c, int64_t heads, const Way& way = kWays[0]) {
  TrainConfig config;
  auto settings = troodon::settings_of(config);
  troodon::apply_yaml_text(settings, c.config().dump(), "config of " + c.name);
  config.troodon.packing = way.packing;
  config.troodon.fused_loss = way.fused_loss;
  config.troodon.checkpoint_blocks = way.checkpoint_blocks;
  const int64_t dim = c.tensor("init.backbone.cls_token").size(-1);
  int64_t depth = 0;
  while (c.has(fmt::format("init.backbone.blocks.{}.norm1.weight", depth))) ++depth;
  config.student.arch = fmt::format("vit_{}x{}x{}", dim, depth, heads);
  return config;
}

std::vector<Batch> load_batches(const Case& c, Verdict& verdict) {
  const fs::path path = c.path.parent_path() / "batches.safetensors";
  verdict.covers(path);
  Case shared{.root = c.root, .path = path};
  shared.file.emplace(path);
  std::vector<Batch> batches;
  for (size_t i = 0; shared.has(fmt::format("{}.collated_masks", i)); ++i) {
    const auto get = [&](const char* key) { return shared.tensor(fmt::format("{}.{}", i, key)); };
    batches.push_back({.global_crops = get("collated_global_crops"),
                       .local_crops = get("collated_local_crops"),
                       .masks = get("collated_masks"),
                       .mask_indices = get("mask_indices_list"),
                       .masks_weight = get("masks_weight"),
                       .upperbound = get("upperbound").item<int64_t>()});
  }
  return batches;
}

State initial_state(const Case& c,
                    const TrainConfig& config,
                    torch::ScalarType dtype,
                    Communicator& ranks) {
  State state(config, torch::kCPU, dtype, &ranks);
  for (auto& tensor : troodon::run::state_tensors(state, ranks)) {
    const size_t dot = tensor.name.find('.');
    if (tensor.name.rfind("optimizer.", 0) != 0)
      tensor.write(c.tensor("init" + tensor.name.substr(dot)).to(dtype));
  }
  return state;
}

/// The pictures of a batch that are this rank's.
Batch share(const Batch& batch, const Communicator& ranks) {
  if (ranks.world_size() == 1) return batch;
  const int64_t pictures = batch.global_crops.size(0) / 2, each = pictures / ranks.world_size();
  const auto mine = [&](const Tensor& crops) {
    return crops.unflatten(0, {-1, pictures})
        .slice(1, ranks.rank() * each, (ranks.rank() + 1) * each)
        .flatten(0, 1)
        .contiguous();
  };
  Batch out{.global_crops = mine(batch.global_crops),
            .local_crops = mine(batch.local_crops),
            .masks = mine(batch.masks)};
  out.mask_indices = out.masks.flatten().nonzero().flatten();
  out.masks_weight = masks_weight(out.masks);
  return out;
}

/// The files don't say how many attention heads the network has; the first step does.
int64_t find_heads(const Case& c, const Batch& batch) {
  const int64_t dim = c.tensor("init.backbone.cls_token").size(-1);
  const double wanted = c.values().at("steps64").at(0).at("total_backprop");
  int64_t best = 1;
  double smallest = std::numeric_limits<double>::infinity();
  Alone alone;
  for (int64_t heads = 1; heads <= dim; ++heads) {
    if (dim % heads != 0) continue;
    const TrainConfig config = run_config(c, heads);
    State state = initial_state(c, config, torch::kDouble, alone);
    const Rates now = Schedules(config, 1).at(0);
    const Losses loss =
        forward_backward(state, batch.to(torch::kCPU, torch::kDouble), now, {config, alone});
    const double error = std::abs(loss.total.item<double>() - wanted);
    if (error < smallest) smallest = error, best = heads;
  }
  return best;
}

/// Without the K third of a qkv bias: its true gradient is 0, so Adam amplifies rounding noise.
Tensor comparable(const std::string& name, const Tensor& tensor) {
  if (!name.ends_with("attn.qkv.bias")) return tensor;
  const int64_t dim = tensor.size(0) / 3;
  return at::cat({tensor.slice(0, 0, dim), tensor.slice(0, 2 * dim)});
}

void compare_row(const json& row,
                 const StepValues& values,
                 const Rates& now,
                 const Replay& replay,
                 Verdict& verdict) {
  std::map<std::string, double> actual{{"lr", now.lr},
                                       {"last_layer_lr", now.last_layer_lr},
                                       {"wd", now.weight_decay},
                                       {"momentum", now.momentum},
                                       {"teacher_temp", now.teacher_temperature}};
  for (const auto& [name, value] : values.log_row()) actual[name] = value;
  for (const auto& [part, norm] : values.gradient_norms) actual["gradnorm_" + part] = norm;
  for (const auto& [name, value] : row.items()) {
    const double expected = value;
    verdict.expect(replay.rows + " has " + name, actual.contains(name));
    verdict.near(replay.rows + "." + name,
                 actual[name],
                 expected,
                 replay.row_tolerance * std::max(std::abs(expected), 1e-12));
  }
}

/// All ranks must come; each compares the whole.
void compare_weights(const Case& c,
                     const std::string& step,
                     State& state,
                     const Replay& replay,
                     Communicator& ranks,
                     Verdict& verdict) {
  for (const auto& tensor : troodon::run::state_tensors(state, ranks)) {
    const size_t dot = tensor.name.find('.');
    const std::string who = tensor.name.substr(0, dot), name = tensor.name.substr(dot + 1);
    const std::string key = who + replay.weights + step + "." + name;
    if (!c.has(key)) continue;
    verdict.near(key,
                 comparable(name, tensor.read()),
                 comparable(name, c.tensor(key)),
                 replay.weight_tolerance);
  }
}

void compare_center(const Case& c,
                    const std::string& key,
                    const Center& center,
                    double tolerance,
                    Verdict& verdict) {
  if (!c.has(key)) return;
  const Tensor expected = c.tensor(key).flatten();
  const Tensor actual =
      center.value.defined() ? center.value.flatten() : torch::zeros_like(expected);
  verdict.near(key, actual, expected, tolerance);
}

void compare_first_gradient(const Case& c,
                            const TrainConfig& config,
                            const Batch& batch,
                            Verdict& verdict) {
  Alone alone;
  State state = initial_state(c, config, torch::kFloat, alone);
  forward_backward(state, batch, Schedules(config, 1).at(0), {config, alone});
  const auto params = state.student->named_parameters();
  for (const auto& [name, expected] : c.tensors("grad0.")) {
    verdict.close(
        "grad0." + name, comparable(name, params[name].grad()), comparable(name, expected), 1e-5);
  }
}

void replay_run(const Case& c,
                const TrainConfig& config,
                const std::vector<Batch>& batches,
                const Replay& replay,
                Communicator& ranks,
                Verdict& verdict) {
  State state = initial_state(c, config, replay.dtype, ranks);
  const Schedules schedules(config, 1);
  const json& rows = c.values().at(replay.rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    const Rates now = schedules.at(static_cast<int64_t>(i));
    const Batch batch = share(batches[i % batches.size()], ranks).to(torch::kCPU, replay.dtype);
    const StepValues values =
        train_step(state, batch, now, {config, ranks, static_cast<int64_t>(i)});
    compare_row(rows[i], values, now, replay, verdict);
    const std::string step = ".step" + std::to_string(i + 1);
    compare_weights(c, step, state, replay, ranks, verdict);
    if (replay.dtype != torch::kFloat) continue;
    compare_center(c, "dino_center" + step, state.centers.dino, replay.weight_tolerance, verdict);
    compare_center(c, "ibot_center" + step, state.centers.ibot, replay.weight_tolerance, verdict);
  }
}

/// The same run made by several ranks, which hold everything or their part of it.
void replay_on_ranks(const Case& c,
                     TrainConfig config,
                     const std::vector<Batch>& batches,
                     Communicator& ranks,
                     Verdict& verdict) {
  at::set_num_threads(1);
  config.troodon.batch_over_ranks = true;
  for (const char* sharding : {"none", "full"}) {
    config.troodon.sharding = sharding;
    for (const Replay& replay : kReplays) replay_run(c, config, batches, replay, ranks, verdict);
  }
}

/// Four ranks on threads of this process.
void replay_on_threads(const Case& c,
                       const TrainConfig& config,
                       const std::vector<Batch>& batches,
                       Verdict& verdict) {
  std::vector<Verdict> verdicts(4);
  troodon::distributed::run_ranks(4, [&](Communicator& ranks) {
    replay_on_ranks(c, config, batches, ranks, verdicts[ranks.rank()]);
  });
  for (size_t rank = 0; rank < verdicts.size(); ++rank) {
    verdict.comparisons += verdicts[rank].comparisons;
    verdict.worst = std::max(verdict.worst, verdicts[rank].worst);
    for (const auto& failure : verdicts[rank].failures)
      verdict.failures.push_back(fmt::format("rank {} of 4: {}", rank, failure));
  }
}

/// Started by mpirun, this process is one of the ranks, and the run is made on them alone.
void check_trajectory(const Case& c, Verdict& verdict) {
  const auto batches = load_batches(c, verdict);
  const int64_t heads = find_heads(c, batches.at(0));
  const TrainConfig usual = run_config(c, heads, kWays[0]);
  if (const auto launch = troodon::distributed::find_launch(); launch.world_size > 1) {
    return replay_on_ranks(
        c, usual, batches, *troodon::distributed::connect(launch, "cpu"), verdict);
  }
  Alone alone;
  for (const Way& way : kWays) {
    const TrainConfig config = run_config(c, heads, way);
    compare_first_gradient(c, config, batches[0], verdict);
    for (const Replay& replay : kReplays) replay_run(c, config, batches, replay, alone, verdict);
  }
  replay_on_threads(c, usual, batches, verdict);
}

const Check kTrajectoryCheck{"trajectory/(?!batches|mutation).*", check_trajectory};

}  // namespace
}  // namespace golden
