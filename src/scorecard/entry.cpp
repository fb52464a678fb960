#include "scorecard/entry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace troodon::scorecard {

using nlohmann::ordered_json;

bool ahead(const Entry& a, const Entry& b) {
  const double x = a.decisive().value, y = b.decisive().value;
  if (std::isnan(x) || std::isnan(y)) return !std::isnan(x);
  return a.decisive().better == Better::higher ? x > y : x < y;
}

std::string json_of(const Entry& entry) {
  ordered_json figures = ordered_json::array();
  for (const Figure& figure : entry.figures)
    figures.push_back({{"name", figure.name},
                       {"value", figure.value},
                       {"better", figure.better == Better::higher ? "higher" : "lower"}});
  return ordered_json{{"protocol", entry.protocol},
                      {"data", entry.data},
                      {"features", entry.features},
                      {"chosen", entry.chosen},
                      {"figures", figures},
                      {"seconds", entry.seconds},
                      {"key", entry.key}}
      .dump();
}

std::optional<Entry> entry_of(const std::string& line) try {
  const ordered_json all = ordered_json::parse(line);
  Entry out{.protocol = all.at("protocol"),
            .data = all.at("data"),
            .features = all.at("features"),
            .chosen = all.at("chosen"),
            .seconds = all.at("seconds"),
            .key = all.at("key")};
  for (const auto& figure : all.at("figures")) {
    const auto& value = figure.at("value");
    out.figures.push_back(
        {figure.at("name"),
         value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>(),
         figure.at("better") == "lower" ? Better::lower : Better::higher});
  }
  if (out.figures.empty()) return std::nullopt;
  return out;
} catch (const nlohmann::json::exception&) {
  return std::nullopt;  // a line that a kill cut short
}

const Entry* Contest::of(const std::string& features) const {
  const auto found = std::ranges::find(entries, features, &Entry::features);
  return found == entries.end() ? nullptr : &*found;
}

const Entry* Contest::best_other(const std::string& features) const {
  const Entry* best = nullptr;
  for (const Entry& entry : entries) {
    if (entry.features == features) continue;
    if (best == nullptr || ahead(entry, *best)) best = &entry;
  }
  return best;
}

std::vector<Contest> contests_of(const std::vector<Entry>& entries) {
  std::vector<Contest> out;
  for (const Entry& entry : entries) {
    const auto found = std::ranges::find_if(out, [&](const Contest& contest) {
      return contest.protocol == entry.protocol && contest.data == entry.data;
    });
    Contest& contest =
        found == out.end() ? out.emplace_back(Contest{entry.protocol, entry.data, {}}) : *found;
    contest.entries.push_back(entry);
  }
  return out;
}

}  // namespace troodon::scorecard
