#include "explore/clusters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "index/dot.hpp"
#include "index/kmeans.hpp"

namespace troodon::explore {
namespace {

constexpr double kTypical = 0.9;  ///< share of a cluster's rows that examples are taken from

std::vector<float> centre_of(const Matrix& unit, std::span<const int64_t> rows) {
  std::vector<double> sum(static_cast<size_t>(unit.dim), 0);
  for (const int64_t row : rows) {
    for (int64_t d = 0; d < unit.dim; ++d) sum[static_cast<size_t>(d)] += unit.row(row)[d];
  }
  std::vector<float> out(sum.begin(), sum.end());
  index::normalize_rows(out, unit.dim);
  return out;
}

std::vector<float> cosines(const float* query, const Matrix& unit, std::span<const int64_t> rows) {
  std::vector<float> out;
  out.reserve(rows.size());
  for (const int64_t row : rows) {
    float value = 0;
    index::dot_products({query, 1, unit.dim}, {unit.row(row), 1, unit.dim}, &value, 1);
    out.push_back(value);
  }
  return out;
}

/// rows: nearest first. Half the nearest, then always the one least like those that are there.
std::vector<int64_t> examples_of(const Matrix& unit, std::span<const int64_t> rows, int64_t count) {
  const auto typical = static_cast<int64_t>(std::ceil(kTypical * static_cast<double>(rows.size())));
  const auto pool = rows.first(
      static_cast<size_t>(std::max(typical, std::min(count, static_cast<int64_t>(rows.size())))));
  std::vector<int64_t> out;
  std::vector<float> likest(pool.size(), -1);
  const auto take = [&](size_t place) {
    const auto said = cosines(unit.row(pool[place]), unit, pool);
    for (size_t i = 0; i < pool.size(); ++i) likest[i] = std::max(likest[i], said[i]);
    likest[place] = std::numeric_limits<float>::infinity();
    out.push_back(pool[place]);
  };
  const auto all = std::min<int64_t>(count, static_cast<int64_t>(pool.size()));
  for (int64_t i = 0; i < (all + 1) / 2; ++i) take(static_cast<size_t>(i));
  while (static_cast<int64_t>(out.size()) < all)
    take(static_cast<size_t>(std::ranges::min_element(likest) - likest.begin()));
  return out;
}

void name(Cluster& cluster, std::span<const int64_t> labels) {
  if (labels.empty()) return;
  std::map<int64_t, int64_t> counts;
  int64_t labelled = 0;
  for (const int64_t row : cluster.rows) {
    const int64_t label = labels[static_cast<size_t>(row)];
    if (label >= 0) ++counts[label], ++labelled;
  }
  if (counts.empty()) return;
  const auto most =
      std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  cluster.label = most->first;
  cluster.label_share = static_cast<double>(most->second) / static_cast<double>(labelled);
}

Cluster cluster_of(const Matrix& unit, std::vector<int64_t> rows, int64_t examples) {
  const auto centre = centre_of(unit, rows);
  const auto like = cosines(centre.data(), unit, rows);
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return like[i]; });
  Cluster out;
  for (const size_t i : order) out.rows.push_back(rows[i]);
  out.tightness = std::accumulate(like.begin(), like.end(), 0.0) / static_cast<double>(like.size());
  out.examples = examples_of(unit, out.rows, examples);
  return out;
}

}  // namespace

Clusters clusters(const Matrix& unit,
                  const Neighbours& neighbours,
                  std::span<const int64_t> labels,
                  const ClusterOptions& options) {
  if (!labels.empty() && static_cast<int64_t>(labels.size()) != unit.rows)
    fail("{} vectors and {} labels do not belong together", unit.rows, labels.size());
  Clusters out;
  if (unit.rows == 0) return out;
  std::vector<uint32_t> cluster(static_cast<size_t>(unit.rows), 0);
  int64_t count = 1;
  if (options.count > 0) {
    auto found = index::kmeans(unit,
                               {.clusters = options.count,
                                .iterations = 50,
                                .metric = index::Metric::spherical,
                                .seed = options.seed,
                                .threads = options.threads});
    cluster = std::move(found.cluster), count = found.clusters;
  } else if (neighbours.k > 0) {
    auto found = communities(static_cast<uint32_t>(unit.rows),
                             shared_neighbour_edges(neighbours),
                             options.resolution,
                             options.seed);
    cluster = std::move(found.community), count = found.count, out.modularity = found.modularity;
  }
  const auto members = index::members_of(cluster, count);
  for (int64_t c = 0; c < count; ++c) {
    const auto rows = members.of(c);
    if (rows.empty()) continue;
    out.clusters.push_back(cluster_of(unit, {rows.begin(), rows.end()}, options.examples));
    name(out.clusters.back(), labels);
  }
  std::ranges::stable_sort(
      out.clusters, std::greater<>(), [](const Cluster& c) { return c.rows.size(); });
  out.cluster.resize(cluster.size());
  for (size_t c = 0; c < out.clusters.size(); ++c) {
    for (const int64_t row : out.clusters[c].rows)
      out.cluster[static_cast<size_t>(row)] = static_cast<uint32_t>(c);
  }
  return out;
}

}  // namespace troodon::explore
