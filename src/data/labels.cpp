#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "data/kinds.hpp"

namespace troodon::data {
namespace {

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void number_labels(Source& source, const std::vector<std::string>& labels) {
  constexpr int64_t kMostClasses = 1 << 20;
  std::set<std::string> names(labels.begin(), labels.end());
  names.erase("");
  names.erase("-1");
  int64_t largest = -1;
  bool numbers = true;
  for (const std::string& name : names) {
    const auto value = whole_number(name);
    numbers = numbers && value && *value >= 0 && *value < kMostClasses;
    if (numbers) largest = std::max(largest, *value);
  }
  if (numbers) {
    for (int64_t i = 0; i <= largest; ++i) source.classes.push_back(std::to_string(i));
  } else {
    source.classes.assign(names.begin(), names.end());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!names.contains(labels[i])) continue;
    source.items[i].label =
        numbers ? *whole_number(labels[i])
                : std::ranges::lower_bound(source.classes, labels[i]) - source.classes.begin();
  }
}

void describe(Source& source, const std::string& what, const std::string& remark) {
  source.description = fmt::format("{}: {} pictures", what, source.items.size());
  if (!source.classes.empty())
    source.description += fmt::format(", {} classes", source.classes.size());
  if (!remark.empty()) source.description += ", " + remark;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

void align_labels(Source& source, const std::vector<std::string>& classes) {
  std::map<std::string, int64_t> place;
  for (size_t i = 0; i < classes.size(); ++i) place.emplace(classes[i], static_cast<int64_t>(i));
  for (Item& item : source.items) {
    if (item.label < 0) continue;
    const auto found = place.find(source.classes.at(static_cast<size_t>(item.label)));
    item.label = found == place.end() ? -1 : found->second;
  }
  source.classes = classes;
}

}  // namespace troodon::data
