#include "base/config.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"

namespace troodon {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

Setting& find(std::vector<Setting>& settings, const std::string& key, const std::string& where) {
  const auto found = std::find_if(
      settings.begin(), settings.end(), [&](const Setting& s) { return s.key == key; });
  if (found != settings.end()) return *found;
  std::vector<std::string> known;
  for (const Setting& setting : settings) known.push_back(setting.key);
  fail(Exit::config,
       "{}: no such setting '{}'; did you mean '{}'?",
       where,
       key,
       closest(key, known));
}

std::string number_text(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

/// Assigns a YAML node; YAML's own rules decide what a number or a boolean is.
void assign(Setting& setting, const YAML::Node& node, const std::string& where) {
  const auto wants = [&](std::string_view type) {
    fail(Exit::config,
         "{}: '{}' wants {}, not '{}'",
         where,
         setting.key,
         type,
         node.IsScalar() ? node.Scalar() : "a list or map");
  };
  const auto number = [&](const YAML::Node& n) {
    double value = 0;
    if (!n.IsScalar() || !YAML::convert<double>::decode(n, value)) wants("a number");
    return value;
  };
  std::visit(Overload{
                 [&](bool* out) {
                   if (!node.IsScalar() || !YAML::convert<bool>::decode(node, *out))
                     wants("true or false");
                 },
                 [&](int64_t* out) {
                   const double value = number(node);
                   if (value != static_cast<double>(static_cast<int64_t>(value)))
                     wants("a whole number");
                   *out = static_cast<int64_t>(value);
                 },
                 [&](double* out) { *out = number(node); },
                 [&](std::string* out) {
                   if (!node.IsScalar() && !node.IsNull()) wants("text");
                   *out = node.IsNull() ? "" : node.Scalar();
                 },
                 [&](std::vector<double>* out) {
                   if (!node.IsSequence()) wants("a list of numbers");
                   out->clear();
                   for (const auto& item : node) out->push_back(number(item));
                 },
             },
             setting.value);
  setting.origin = where;
}

constexpr int kDeepest = 16;  // an alias may hold itself, and then there is no end

void apply_node(std::vector<Setting>& settings,
                const YAML::Node& node,
                const std::string& prefix,
                const std::string& origin,
                int depth) {
  if (depth > kDeepest) fail(Exit::config, "{}: '{}...' is nested too deep", origin, prefix);
  for (const auto& entry : node) {
    const std::string key = prefix + entry.first.Scalar();
    if (entry.second.IsMap()) {
      apply_node(settings, entry.second, key + ".", origin, depth + 1);
      continue;
    }
    const std::string where = fmt::format("{}, line {}", origin, entry.first.Mark().line + 1);
    assign(find(settings, key, where), entry.second, where);
  }
}

}  // namespace

void apply_yaml_text(std::vector<Setting>& settings,
                     std::string_view text,
                     const std::string& origin) {
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return;
    if (!root.IsMap()) fail(Exit::config, "{}: is not a YAML map of settings", origin);
    apply_node(settings, root, "", origin, 0);
  } catch (const YAML::Exception& error) {
    fail(Exit::config, "{}: is not valid YAML ({})", origin, error.what());
  }
}

void apply_yaml(std::vector<Setting>& settings, const fs::path& file) {
  apply_yaml_text(settings, read_text(file), file.string());
}

void apply_override(std::vector<Setting>& settings, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    fail(Exit::usage,
         "'{}' is no setting: write key.path=value, e.g. optim.base_lr=1e-3",
         assignment);
  }
  std::string key(assignment.substr(0, equals));
  key.erase(0, key.find_first_not_of('+'));
  Setting& setting = find(settings, key, "command line");
  try {
    assign(setting, YAML::Load(std::string(assignment.substr(equals + 1))), "command line");
  } catch (const YAML::Exception& error) {
    fail(Exit::usage, "'{}': the value is not valid YAML ({})", assignment, error.what());
  }
}

std::string value_text(const Setting& setting) {
  return std::visit(Overload{
                        [](const bool* v) { return std::string(*v ? "true" : "false"); },
                        [](const int64_t* v) { return std::to_string(*v); },
                        [](const double* v) { return number_text(*v); },
                        [](const std::string* v) {
                          YAML::Emitter out;
                          out << YAML::DoubleQuoted << *v;
                          return std::string(out.c_str());
                        },
                        [](const std::vector<double>* v) {
                          std::vector<std::string> parts;
                          for (const double x : *v) parts.push_back(number_text(x));
                          return fmt::format("[{}]", fmt::join(parts, ", "));
                        },
                    },
                    setting.value);
}

std::string type_text(const Setting& setting) {
  return std::visit(Overload{
                        [](const bool*) { return "true or false"; },
                        [](const int64_t*) { return "whole number"; },
                        [](const double*) { return "number"; },
                        [](const std::string*) { return "text"; },
                        [](const std::vector<double>*) { return "list of numbers"; },
                    },
                    setting.value);
}

std::string to_yaml(const std::vector<Setting>& settings) {
  std::string out;
  std::vector<std::string> open;
  for (const Setting& setting : settings) {
    std::vector<std::string> parts;
    for (size_t from = 0; from <= setting.key.size();) {
      const size_t dot = std::min(setting.key.find('.', from), setting.key.size());
      parts.push_back(setting.key.substr(from, dot - from));
      from = dot + 1;
    }
    size_t level = 0;
    while (level < open.size() && level + 1 < parts.size() && open[level] == parts[level]) ++level;
    open.resize(level);
    for (; level + 1 < parts.size(); ++level) {
      out += fmt::format("{:{}}{}:\n", "", 2 * level, parts[level]);
      open.push_back(parts[level]);
    }
    out += fmt::format("{:{}}{}: {}\n", "", 2 * level, parts.back(), value_text(setting));
  }
  return out;
}

}  // namespace troodon
