#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/file.hpp"

namespace troodon {

/// One setting of a config struct: its dotted key, where its value lives, what it means, and which
/// layer gave it its value ("default", "FILE, line N", "command line").
struct Setting {
  std::string key;
  std::variant<bool*, int64_t*, double*, std::string*, std::vector<double>*> value;
  std::string help;
  std::string origin = "default";
};

/// Collects the settings of a config struct, depth first.
class SettingLister {
 public:
  SettingLister(std::vector<Setting>& out, std::string prefix)
      : out_(out), prefix_(std::move(prefix)) {}
  template <class T>
  void operator()(std::string_view name, T& member, std::string_view help = "") {
    const std::string key = prefix_ + std::string(name);
    if constexpr (requires(SettingLister& f) { member.fields(f); }) {
      SettingLister inner(out_, key + ".");
      member.fields(inner);
    } else {
      out_.push_back({.key = key, .value = &member, .help = std::string(help)});
    }
  }

 private:
  std::vector<Setting>& out_;
  std::string prefix_;
};

/// Lists the settings of a config struct. A config struct has
///   void fields(auto& f) { f("name", member, "what it means"), f("nested", nested_struct); }
/// with members of type bool, int64_t, double, std::string or std::vector<double>.
template <class Config>
std::vector<Setting> settings_of(Config& config) {
  std::vector<Setting> out;
  SettingLister lister(out, "");
  config.fields(lister);
  return out;
}

/// Sets what a YAML file names. An unknown key is an Error (exit 3) with file, line and the nearest
/// known key; so is a value of the wrong type.
void apply_yaml(std::vector<Setting>& settings, const fs::path& file);

/// The same from text; `origin` stands for the file in messages.
void apply_yaml_text(std::vector<Setting>& settings,
                     std::string_view text,
                     const std::string& origin);

/// Sets one "key.path=value" from the command line (leading + signs of Hydra are accepted).
void apply_override(std::vector<Setting>& settings, std::string_view assignment);

/// The settings as nested YAML that apply_yaml reads back to the same values.
std::string to_yaml(const std::vector<Setting>& settings);
template <class Config>
std::string to_yaml(Config config) {
  return to_yaml(settings_of(config));
}

/// One value as YAML text.
std::string value_text(const Setting& setting);

/// A setting's type in words: "true or false", "whole number", "number", "text", "list of numbers".
std::string type_text(const Setting& setting);

}  // namespace troodon
