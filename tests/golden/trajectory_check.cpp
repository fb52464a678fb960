#include <limits>
#include <map>

#include <fmt/format.h>

#include "golden.hpp"
#include "train/step.hpp"

namespace golden {
namespace {

using namespace troodon::train;  // NOLINT(google-build-using-namespace)
using troodon::distributed::Alone;

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

State initial_state(const Case& c, const TrainConfig& config, torch::ScalarType dtype) {
  State state(config, torch::kCPU, dtype);
  const torch::NoGradGuard frozen;
  for (auto& item : state.student->named_parameters())
    item.value().copy_(c.tensor("init." + item.key()));
  copy_weights(state.teacher, state.student);
  return state;
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
    State state = initial_state(c, config, torch::kDouble);
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

void compare_weights(const Case& c,
                     const std::string& who,
                     const Network& network,
                     double tolerance,
                     Verdict& verdict) {
  const auto params = network->named_parameters();
  for (const auto& [name, expected] : c.tensors(who + ".")) {
    verdict.near(
        who + "." + name, comparable(name, params[name]), comparable(name, expected), tolerance);
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
  State state = initial_state(c, config, torch::kFloat);
  Alone alone;
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
                Verdict& verdict) {
  State state = initial_state(c, config, replay.dtype);
  const Schedules schedules(config, 1);
  const json& rows = c.values().at(replay.rows);
  Alone alone;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Rates now = schedules.at(static_cast<int64_t>(i));
    const Batch batch = batches[i % batches.size()].to(torch::kCPU, replay.dtype);
    const StepValues values =
        train_step(state, batch, now, {config, alone, static_cast<int64_t>(i)});
    compare_row(rows[i], values, now, replay, verdict);
    const std::string step = ".step" + std::to_string(i + 1);
    compare_weights(
        c, "student" + replay.weights + step, state.student, replay.weight_tolerance, verdict);
    compare_weights(
        c, "teacher" + replay.weights + step, state.teacher, replay.weight_tolerance, verdict);
    if (replay.dtype != torch::kFloat) continue;
    compare_center(c, "dino_center" + step, state.centers.dino, replay.weight_tolerance, verdict);
    compare_center(c, "ibot_center" + step, state.centers.ibot, replay.weight_tolerance, verdict);
  }
}

void check_trajectory(const Case& c, Verdict& verdict) {
  const auto batches = load_batches(c, verdict);
  const int64_t heads = find_heads(c, batches.at(0));
  for (const Way& way : kWays) {
    const TrainConfig config = run_config(c, heads, way);
    compare_first_gradient(c, config, batches[0], verdict);
    for (const Replay& replay : kReplays) replay_run(c, config, batches, replay, verdict);
  }
}

const Check kTrajectoryCheck{"trajectory/(?!batches|mutation).*", check_trajectory};

}  // namespace
}  // namespace golden
