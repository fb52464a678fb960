#include "golden.hpp"
#include "train/optimizer.hpp"
#include "train/schedules.hpp"

namespace golden {
namespace {

using namespace troodon::train;  // NOLINT(google-build-using-namespace)

constexpr double kScheduleAbsolute = 1e-12;

/// The official configuration tree in the JSON as our struct; unknown keys would throw.
TrainConfig config_of(const json& tree) {
  TrainConfig config;
  auto settings = troodon::settings_of(config);
  troodon::apply_yaml_text(settings, tree.dump(), "config of the golden file");
  return config;
}

/// Long schedules are stored as samples: name.index and name.value_at_index.
template <class At>
void compare_schedule(
    const Case& c, Verdict& verdict, const std::string& name, int64_t length, const At& at) {
  const bool sampled = c.has(name + ".index");
  const Tensor expected = c.tensor(sampled ? name + ".value_at_index" : name);
  const Tensor index = sampled ? c.tensor(name + ".index") : torch::arange(expected.numel());
  Tensor actual = torch::empty_like(expected);
  for (int64_t i = 0; i < index.numel(); ++i)
    actual.data_ptr<double>()[i] = at(index.data_ptr<int64_t>()[i]);
  verdict.near(name, actual, expected, kScheduleAbsolute);
  const std::string len = name + ".len", end = name + ".beyond_end";
  if (c.values().contains(len)) verdict.near(len, length, c.values().at(len).get<double>(), 0);
  if (c.values().contains(end))
    verdict.near(end, at(length), c.values().at(end).get<double>(), kScheduleAbsolute);
}

void check_run(const Case& c, Verdict& verdict) {
  TrainConfig config = config_of(c.config());
  config.optim.lr = 0;  // the file holds the result of the scaling rule here; compute it again
  verdict.near("lr_after_scaling",
               config.peak_lr(1),
               c.values().at("lr_after_scaling").get<double>(),
               kScheduleAbsolute);
  const Schedules all(config, 1);
  const int64_t steps = config.total_steps();
  compare_schedule(c, verdict, "lr", steps, [&](int64_t i) { return all.at(i).lr; });
  compare_schedule(
      c, verdict, "last_layer_lr", steps, [&](int64_t i) { return all.at(i).last_layer_lr; });
  compare_schedule(c, verdict, "wd", steps, [&](int64_t i) { return all.at(i).weight_decay; });
  compare_schedule(c, verdict, "momentum", steps, [&](int64_t i) { return all.at(i).momentum; });
  compare_schedule(c, verdict, "teacher_temp", all.teacher_temperature.total_steps, [&](int64_t i) {
    return all.at(i).teacher_temperature;
  });
}

void check_schedule(const Case& c, Verdict& verdict) {
  const json& config = c.config();
  if (!config.contains("base_value")) return check_run(c, verdict);
  const CosineSchedule schedule{.base_value = config.at("base_value"),
                                .final_value = config.at("final_value"),
                                .total_steps = config.at("total_iters"),
                                .warmup_steps = config.value("warmup_iters", int64_t{0}),
                                .start_warmup_value = config.value("start_warmup_value", 0.0),
                                .frozen_steps = config.value("freeze_iters", int64_t{0})};
  compare_schedule(
      c, verdict, "schedule", schedule.total_steps, [&](int64_t i) { return schedule.at(i); });
}

/// Names of a module with their rules, as one text each to compare.
void check_module(const json& table, const RuleConfig& rules, Verdict& verdict) {
  for (const json& row : table) {
    const std::string name = row.at("name");
    const ParamRule rule = param_rule(name, rules);
    verdict.near(name + " lr", rule.lr_multiplier, row.at("lr_multiplier"), kScheduleAbsolute);
    verdict.near(name + " wd", rule.wd_multiplier, row.at("wd_multiplier"), 0);
    verdict.expect(name + " is_last_layer",
                   rule.is_last_layer == row.at("is_last_layer").get<bool>());
  }
}

void check_fused(const json& table, const json& groups, const RuleConfig& rules, Verdict& verdict) {
  NamedTensors params;
  for (const json& row : table) params.emplace_back(row.at("name").get<std::string>(), Tensor());
  const auto ours = param_groups(params, rules);
  verdict.expect("number of groups", ours.size() == groups.size());
  for (size_t i = 0; i < std::min(ours.size(), groups.size()); ++i) {
    verdict.expect("group " + std::to_string(i),
                   ours[i].names == groups[i].at("params").get<std::vector<std::string>>());
    verdict.near(
        "group lr", ours[i].rule.lr_multiplier, groups[i].at("lr_multiplier"), kScheduleAbsolute);
  }
}

void check_groups(const Case& c, Verdict& verdict) {
  for (const auto& [variant, entry] : c.info.items()) {
    if (!entry.is_object() || !entry.contains("params")) continue;
    for (const auto& [module, table] : entry.at("params").items()) {
      RuleConfig rules{.patch_embed_lr_mult = entry.at("config").at("patch_embed_lr_mult")};
      if (module == "backbone") {
        rules.depth = entry.at("config").at("depth");
        rules.layerwise_decay = entry.at("config").at("layerwise_decay");
      }
      check_module(table, rules, verdict);
      check_fused(table, entry.at("fused_groups").at(module), rules, verdict);
    }
  }
}

const Check kScheduleCheck{"schedules/(?!init_stats|param_groups).*", check_schedule};
const Check kGroupsCheck{"schedules/param_groups.*", check_groups};

}  // namespace
}  // namespace golden
