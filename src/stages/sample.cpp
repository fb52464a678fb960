#include "stages/sample.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "stages/cluster.hpp"

namespace troodon::stages {
namespace {

std::vector<int64_t> all_rows(const Pool& pool) {
  std::vector<int64_t> out(static_cast<size_t>(pool.size()));
  std::iota(out.begin(), out.end(), int64_t{0});
  return out;
}

}  // namespace

double label_entropy(const Pool& pool, const std::vector<int64_t>& rows) {
  const auto label = [&](int64_t row) {
    return pool.labels.empty() ? -1 : pool.labels[static_cast<size_t>(row)];
  };
  std::set<int64_t> known;
  for (int64_t row = 0; row < pool.size(); ++row) {
    if (label(row) >= 0) known.insert(label(row));
  }
  std::map<int64_t, double> counts;
  double all = 0;
  for (const int64_t row : rows) {
    if (label(row) >= 0) ++counts[label(row)], ++all;
  }
  if (known.size() < 2 || all == 0) return std::numeric_limits<double>::quiet_NaN();
  double entropy = 0;
  for (const auto& [name, count] : counts) entropy -= count / all * std::log(count / all);
  return entropy / std::log(static_cast<double>(known.size()));
}

Balance sample(const SampleOptions& options) {
  check_manifest_name(options.out);
  const Pool pool = open_pool(options.features, options.only);
  const curate::Hierarchy hierarchy = read_hierarchy(options.clusters, pool);
  const std::vector<int64_t> rows = curate::balanced_sample(hierarchy, options.sampling);
  std::vector<int64_t> clusters;
  const auto& lowest = hierarchy.levels.front().fit.cluster;
  for (const int64_t row : rows) clusters.push_back(lowest[static_cast<size_t>(row)]);
  Manifest chosen{columns_of(pool, rows)};
  chosen.columns.push_back({"cluster", std::move(clusters)});
  if (options.running.first()) write_manifest(options.out, chosen);
  return {.pool = pool.size(),
          .chosen = static_cast<int64_t>(rows.size()),
          .entropy_before = label_entropy(pool, all_rows(pool)),
          .entropy_after = label_entropy(pool, rows)};
}

}  // namespace troodon::stages
