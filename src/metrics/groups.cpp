#include "metrics/groups.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

namespace troodon::metrics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Which rows belong together: groups in the order of their names.
struct Split {
  std::vector<std::string> names;
  std::vector<size_t> group;    // [rows]
  std::vector<int64_t> counts;  // [groups]
};

Split split_by(std::span<const std::string> group_of_row) {
  std::map<std::string, size_t> places;
  for (const std::string& name : group_of_row) places.emplace(name, 0);
  Split out;
  for (auto& [name, place] : places) {
    place = out.names.size();
    out.names.push_back(name);
  }
  out.counts.resize(places.size());
  for (const std::string& name : group_of_row) {
    out.group.push_back(places.at(name));
    ++out.counts[out.group.back()];
  }
  return out;
}

/// The metric of some rows, of each group [groups] and, last, of all: [groups + 1].
using Measure = std::function<std::vector<double>(std::span<const int64_t> rows)>;

Measure measure_of(const Split& split, const RowMetric& metric) {
  return [&](std::span<const int64_t> rows) {
    std::vector<std::vector<int64_t>> of_group(split.names.size());
    for (const int64_t row : rows) of_group[split.group[row]].push_back(row);
    std::vector<double> out;
    for (const auto& some : of_group) out.push_back(some.empty() ? kNaN : metric(some));
    out.push_back(metric(rows));
    return out;
  };
}

Measure measure_of(const Split& split, std::span<const double> value_of_row) {
  return [&split, value_of_row](std::span<const int64_t> rows) {
    std::vector<double> sums(split.names.size() + 1), seen(sums.size());
    for (const int64_t row : rows) {
      if (std::isnan(value_of_row[row])) continue;
      sums[split.group[row]] += value_of_row[row];
      ++seen[split.group[row]];
      sums.back() += value_of_row[row];
      ++seen.back();
    }
    for (size_t i = 0; i < sums.size(); ++i) sums[i] /= seen[i];
    return sums;
  };
}

/// draws[sample]: the measure of rows drawn with replacement; each sample has its own seed, so no
/// draw depends on who made it.
std::vector<std::vector<double>> bootstrap(size_t rows,
                                           const Measure& measure,
                                           const GroupOptions& options) {
  std::vector<std::vector<double>> draws(
      static_cast<size_t>(std::max<int64_t>(options.samples, 0)));
  parallel_for(
      draws.size(),
      [&](size_t sample) {
        Random random(mix(options.seed, sample));
        std::vector<int64_t> drawn(rows);
        for (int64_t& row : drawn) row = random.integer(0, static_cast<int64_t>(rows) - 1);
        draws[sample] = measure(drawn);
      },
      options.threads);
  return draws;
}

/// The value at a share of a sorted list, between its neighbours in proportion.
double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return kNaN;
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

/// An interval that holds the middle `level` of the draws; those without a value do not count.
Estimate estimate_of(double value, std::vector<double> draws, double level) {
  std::erase_if(draws, [](double draw) { return std::isnan(draw); });
  std::ranges::sort(draws);
  return {.value = value,
          .low = quantile(draws, (1 - level) / 2),
          .high = quantile(draws, (1 + level) / 2)};
}

/// Worst first; what has no value last; names decide between equals.
std::vector<size_t> worst_first(std::span<const double> values, double sign) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](size_t i) {
    return std::isnan(values[i]) ? std::numeric_limits<double>::infinity() : sign * values[i];
  });
  return order;
}

void check(const Split& split, const GroupOptions& options) {
  if (split.group.empty()) fail(Exit::input, "a metric by groups needs rows; there are none");
  if (!(options.level > 0 && options.level < 1))
    fail(Exit::input, "intervals of level {}; give one between 0 and 1", options.level);
}

GroupReport report_of(const Split& split, const Measure& measure, const GroupOptions& options) {
  check(split, options);
  std::vector<int64_t> all(split.group.size());
  std::iota(all.begin(), all.end(), 0);
  const auto whole = measure(all);
  const auto draws = bootstrap(all.size(), measure, options);
  const auto estimate = [&](auto value) {
    std::vector<double> values;
    for (const auto& draw : draws) values.push_back(value(draw));
    return estimate_of(value(whole), std::move(values), options.level);
  };
  const auto at = [&](size_t place) {
    return estimate([place](const auto& values) { return values[place]; });
  };
  const size_t groups = split.names.size();
  const double sign = options.higher_is_better ? 1 : -1;
  GroupReport out{.overall = at(groups)};
  std::vector<size_t> counted;
  for (const size_t i : worst_first(std::span(whole).first(groups), sign)) {
    const bool too_few = split.counts[i] < options.few;
    out.groups.push_back({split.names[i], split.counts[i], at(i), too_few});
    if (!too_few && !std::isnan(whole[i])) counted.push_back(i);
  }
  out.gap = out.ratio = {.value = kNaN, .low = kNaN, .high = kNaN};
  if (counted.size() < 2) return out;
  const size_t worst = counted.front(), best = counted.back();
  out.gap = estimate([&](const auto& values) { return sign * (values[best] - values[worst]); });
  out.ratio = estimate([&](const auto& values) { return values[worst] / values[best]; });
  return out;
}

}  // namespace

GroupReport groups_of(std::span<const std::string> group_of_row,
                      const RowMetric& metric,
                      const GroupOptions& options) {
  const Split split = split_by(group_of_row);
  return report_of(split, measure_of(split, metric), options);
}

GroupReport groups_of(std::span<const std::string> group_of_row,
                      std::span<const double> value_of_row,
                      const GroupOptions& options) {
  if (group_of_row.size() != value_of_row.size())
    fail(Exit::input,
         "{} rows have a group, {} a value; give both for each row",
         group_of_row.size(),
         value_of_row.size());
  const Split split = split_by(group_of_row);
  return report_of(split, measure_of(split, value_of_row), options);
}

}  // namespace troodon::metrics
