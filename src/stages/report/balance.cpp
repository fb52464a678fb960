#include "stages/report/balance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "base/error.hpp"
#include "stages/pool.hpp"
#include "stages/report/table.hpp"

namespace troodon::stages {
namespace {

/// Below this, differences that are no chance are no matter either (the "four-fifths rule").
constexpr double kWorthSaying = 0.8;

double share(int64_t count, int64_t all) {
  return all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
}

/// Entropy over its maximum for the values that the pool has.
double evenness(const std::vector<Share>& shares, int64_t Share::*count) {
  double all = 0, entropy = 0;
  int64_t known = 0;
  for (const Share& s : shares) {
    if (s.name.empty()) continue;
    ++known;
    all += static_cast<double>(s.*count);
  }
  if (known < 2 || all == 0) return std::numeric_limits<double>::quiet_NaN();
  for (const Share& s : shares) {
    const double p = s.name.empty() ? 0 : static_cast<double>(s.*count) / all;
    if (p > 0) entropy -= p * std::log(p);
  }
  return entropy / std::log(static_cast<double>(known));
}

void judge(Share& s, const Spread& of) {
  const double before = share(s.pool, of.pool);
  std::tie(s.low, s.high) = wilson(s.set, of.set);
  s.ratio = share(s.set, of.set) / before;
  if (before < s.low && s.ratio > 1 / kWorthSaying) s.represented = Represented::over;
  if (before > s.high && s.ratio < kWorthSaying) s.represented = Represented::under;
}

std::vector<std::string> labels_of(const data::Source& source) {
  std::vector<std::string> out;
  const Pool pool = pool_of(source);
  for (int64_t row = 0; row < pool.size(); ++row) out.push_back(pool.label(row));
  return out;
}

/// A column of a table that names the pool's pictures; those it does not name have no value.
std::vector<std::string> values_from(const formats::Table& table,
                                     const std::string& column,
                                     const fs::path& file,
                                     const Places& places,
                                     size_t pictures) {
  const size_t path = needed_column(table, "path", file);
  const size_t value = needed_column(table, column, file);
  std::vector<std::string> out(pictures);
  int64_t found = 0;
  for (const auto& row : table.rows) {
    const auto at = places.find(row[path]);
    if (at == places.end()) continue;  // a table may say more than the pool has
    out[static_cast<size_t>(at->second)] = row[value];
    ++found;
  }
  if (found == 0)
    fail(Exit::input,
         "{}: none of its {} paths is among the pool's pictures; its first is {}",
         file.string(),
         table.rows.size(),
         table.rows.empty() ? "missing" : table.rows.front()[path]);
  return out;
}

std::vector<std::string> values_from_pictures(const ReportOptions& options,
                                              const std::string& column) {
  data::Source source = data::open_source(options.pictures, {.group = column});
  if (source.groups.size() != source.items.size())
    fail(Exit::usage,
         "{} has no columns, so no {}; give the --table that has it",
         options.pictures,
         column);
  return std::move(source.groups);
}

}  // namespace

std::pair<double, double> wilson(int64_t count, int64_t all) {
  if (all == 0) return {0, 1};
  constexpr double kZ = 1.959964;  // of 95 %
  const auto n = static_cast<double>(all);
  const double p = static_cast<double>(count) / n, z = kZ * kZ / n;
  const double middle = (p + z / 2) / (1 + z);
  const double half = std::sqrt(p * (1 - p) * z + z * z / 4) / (1 + z);
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Spread spread_of(const std::string& column,
                 const std::vector<std::string>& values,
                 const std::vector<int64_t>& set) {
  std::map<std::string, Share> counts;
  for (const std::string& value : values) ++counts[value].pool;
  for (const int64_t item : set) ++counts[values[static_cast<size_t>(item)]].set;
  Spread out{.column = column};
  for (auto& [name, s] : counts) {
    s.name = name;
    if (!name.empty()) out.pool += s.pool, out.set += s.set;
    out.shares.push_back(s);
  }
  std::stable_sort(out.shares.begin(), out.shares.end(), [](const Share& a, const Share& b) {
    return a.name.empty() != b.name.empty() ? b.name.empty() : a.pool > b.pool;
  });
  for (Share& s : out.shares) {
    if (!s.name.empty()) judge(s, out);
  }
  out.entropy_before = evenness(out.shares, &Share::pool);
  out.entropy_after = evenness(out.shares, &Share::set);
  return out;
}

std::vector<Spread> spreads_of(const Course& course, const ReportOptions& options) {
  std::vector<Spread> out;
  if (!course.pool.classes.empty())
    out.push_back(spread_of("label", labels_of(course.pool), course.set));
  if (options.groups.empty()) return out;
  const formats::Table table = options.table.empty() ? formats::Table{} : read_table(options.table);
  const Places places = places_of(course.pool);
  for (const std::string& column : options.groups) {
    const auto values =
        options.table.empty()
            ? values_from_pictures(options, column)
            : values_from(table, column, options.table, places, course.pool.items.size());
    out.push_back(spread_of(column, values, course.set));
  }
  return out;
}

}  // namespace troodon::stages
