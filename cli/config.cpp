#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/tensor_file.hpp"
#include "reference.hpp"
#include "run/settings.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct ConfigArgs {
  Common common;
  run::SettingLayers layers;
  bool origin = false;
};

int show(const ConfigArgs& args) {
  run::ResolvedSettings resolved = run::resolve_settings(args.layers);
  for (const auto& reason : resolved.reasons) log_info("{}", reason);
  const auto settings = settings_of(resolved.config);
  if (args.common.json) {
    nlohmann::ordered_json object;
    for (size_t i = 0; i < settings.size(); ++i) {
      object[settings[i].key] = {{"value", value_text(settings[i])},
                                 {"origin", resolved.origins[i]},
                                 {"help", settings[i].help}};
    }
    fmt::print("{}\n", object.dump());
  } else if (args.origin) {
    for (size_t i = 0; i < settings.size(); ++i) {
      fmt::print("{} = {}  # {}\n", settings[i].key, value_text(settings[i]), resolved.origins[i]);
    }
  } else {
    fmt::print("{}", to_yaml(settings));
  }
  return 0;
}

int explain(const std::string& key) {
  train::TrainConfig defaults;
  std::vector<std::string> known;
  bool found = false;
  for (const Setting& setting : settings_of(defaults)) {
    known.push_back(setting.key);
    if (setting.key != key && !setting.key.starts_with(key + ".")) continue;
    found = true;
    fmt::print("{} ({}, default {})\n  {}\n",
               setting.key,
               type_text(setting),
               value_text(setting),
               setting.help);
  }
  if (!found) {
    fail(Exit::config, "no such setting '{}'; did you mean '{}'?", key, closest(key, known));
  }
  return 0;
}

}  // namespace

void add_config(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app,
                            "config",
                            "Show settings, where their values come from, and what they mean.",
                            "  troodon config show --config vitl14.yaml optim.epochs=50 --origin\n"
                            "  troodon config explain optim.base_lr\n"
                            "  troodon config explain crops");
  verb.require_subcommand(1);
  auto args = std::make_shared<ConfigArgs>();
  CLI::App& shown = add_verb(verb,
                             "show",
                             "The settings that a `train` with these words would use.",
                             "  troodon config show --data photos/ --origin");
  shown.add_option(
      "--data", args->layers.data, "pictures: without --config they choose the preset");
  shown.add_option("--config,-c", args->layers.configs, "YAML settings, applied in order")
      ->allow_extra_args(false);
  shown.add_option("--minutes", args->layers.minutes, "time the preset should take");
  shown.add_flag("--origin", args->origin, "one line per setting, with the layer that set it");
  shown.add_option("settings", args->layers.overrides, "key.path=value");
  add_common(shown, args->common);
  shown.callback([args, &status] {
    args->layers.device = args->common.device;
    args->layers.threads = args->common.threads;
    status = show(*args);
  });
  CLI::App& explained = add_verb(
      verb, "explain", "What a setting or a section means.", "  troodon config explain teacher");
  auto key = std::make_shared<std::string>();
  explained.add_option("key", *key, "a setting (optim.base_lr) or a section (optim)")->required();
  explained.callback([key, &status] { status = explain(*key); });
}

}  // namespace troodon::cli
