#include "recipe/recipe.hpp"

#include <algorithm>
#include <array>

#include <yaml-cpp/yaml.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "infer/embedder.hpp"

namespace troodon::recipe {
namespace {

constexpr std::array kStages = {
    "sift", "dedup", "match", "retrieve", "cluster", "sample", "export", "report"};
constexpr std::array kPaths = {"against", "seeds", "order", "table", "truth"};
constexpr std::array kKeys = {
    "pictures", "model", "features", "out", "manifests", "embed", "stages"};

int line_of(const YAML::Node& node) {
  return node.Mark().line + 1;
}

template <size_t N>
bool is_one_of(const std::string& name, const std::array<const char*, N>& names) {
  return std::ranges::find(names, name) != names.end();
}

/// Fails with the names that there are, the nearest first.
template <size_t N>
[[noreturn]] void unknown(const fs::path& file,
                          int line,
                          const std::string& what,
                          const std::string& name,
                          const std::array<const char*, N>& names) {
  const std::vector<std::string> known(names.begin(), names.end());
  fail(Exit::config,
       "{}, line {}: no {} is called '{}'; did you mean '{}'?",
       file.string(),
       line,
       what,
       name,
       closest(name, known));
}

/// A path of the recipe as others find it: relative ones are the recipe's neighbours.
std::string resolve(const fs::path& recipe, const std::string& path) {
  if (path.empty() || fs::path(path).is_absolute()) return path;
  const fs::path beside = fs::absolute(recipe).parent_path() / path;
  return beside.lexically_normal().string();
}

/// A model's file beside the recipe, or the one that comes with Troodon under this name; a released
/// model's name is no path.
std::string model_at(const fs::path& recipe, const std::string& name) {
  if (fs::exists(resolve(recipe, name))) return resolve(recipe, name);
  const fs::path shipped = infer::shipped_file(name);
  return shipped.empty() ? name : shipped.string();
}

std::vector<std::string> values_of(const Recipe& recipe, const std::string& key, YAML::Node node) {
  if (node.IsMap())
    fail(Exit::config,
         "{}, line {}: {}: wanted a value or a list",
         recipe.file.string(),
         line_of(node),
         key);
  std::vector<std::string> out;
  if (node.IsSequence()) {
    for (const auto& value : node) out.push_back(value.as<std::string>());
  } else {
    out.push_back(node.as<std::string>());
  }
  if (is_one_of(key, kPaths)) {
    for (std::string& path : out) path = resolve(recipe.file, path);
  }
  if (key == "model") out.front() = model_at(recipe.file, out.front());
  return out;
}

std::vector<Setting> settings_of(const Recipe& recipe, const YAML::Node& node) {
  std::vector<Setting> out;
  if (node.IsNull()) return out;
  if (!node.IsMap())
    fail(Exit::config,
         "{}, line {}: wanted settings such as {{threshold: 0.9}}",
         recipe.file.string(),
         line_of(node));
  for (const auto& pair : node) {
    const auto key = pair.first.as<std::string>();
    out.push_back({key, values_of(recipe, key, pair.second)});
    std::ranges::replace(out.back().name, '_', '-');
  }
  return out;
}

Stage stage_of(const Recipe& recipe, const YAML::Node& node) {
  Stage out{.line = line_of(node)};
  if (node.IsScalar()) {
    out.name = node.as<std::string>();
  } else if (node.IsMap() && node.size() == 1) {
    out.name = node.begin()->first.as<std::string>();
    out.settings = settings_of(recipe, node.begin()->second);
  } else {
    fail(Exit::config,
         "{}, line {}: a stage is its name, or 'name: {{settings}}'",
         recipe.file.string(),
         out.line);
  }
  if (!is_one_of(out.name, kStages)) unknown(recipe.file, out.line, "stage", out.name, kStages);
  return out;
}

void read_key(const std::string& key, const YAML::Node& node, Recipe& out) {
  if (key == "pictures") {
    out.pictures = resolve(out.file, node.as<std::string>());
  } else if (key == "model") {
    out.model = model_at(out.file, node.as<std::string>());
  } else if (key == "features") {
    out.features = resolve(out.file, node.as<std::string>());
  } else if (key == "out") {
    out.out = resolve(out.file, node.as<std::string>());
  } else if (key == "manifests") {
    out.manifests = node.as<std::string>();
  } else if (key == "embed") {
    out.embed = {.name = "embed", .settings = settings_of(out, node), .line = line_of(node)};
  } else if (key == "stages") {
    for (const auto& stage : node) out.stages.push_back(stage_of(out, stage));
  } else {
    unknown(out.file, line_of(node), "setting", key, kKeys);
  }
}

}  // namespace

const Setting* Stage::find(const std::string& name) const {
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

Recipe read_recipe(const fs::path& file) {
  Recipe out{.file = file};
  const std::string text = read_text(file);
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) fail(Exit::config, "{}: wanted 'pictures: ...' and so on", file.string());
    for (const auto& pair : root) read_key(pair.first.as<std::string>(), pair.second, out);
  } catch (const YAML::Exception& error) {
    fail(Exit::config, "{}, line {}: {}", file.string(), error.mark.line + 1, error.msg);
  }
  const auto need = [&](bool there, const char* what) {
    if (!there) fail(Exit::config, "{}: '{}' is missing", file.string(), what);
  };
  need(!out.pictures.empty(), "pictures: FOLDER");
  need(!out.stages.empty(), "stages: [...]");
  if (out.out.empty()) out.out = fs::absolute(file).replace_extension("");
  return out;
}

}  // namespace troodon::recipe
