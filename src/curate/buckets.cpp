#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "curate/graph.hpp"
#include "curate/neighbour_lists.hpp"
#include "curate/pairs.hpp"
#include "index/kmeans.hpp"
#include "index/nearest.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

constexpr int64_t kRead = 4096;  // rows read at once
constexpr size_t kAtOnce = 64;   // buckets whose pairs are held at once

/// Who is in a bucket, and who looks into it (its members too). Both ascending.
struct Bucket {
  std::vector<uint32_t> members, visitors;
};

/// Centroids of a sample of the rows: [lists, dim], unit length.
index::Kmeans learn_lists(const Rows& rows, const GraphOptions& options, const BucketOptions& how) {
  const auto wanted = how.lists > 0
                          ? how.lists
                          : static_cast<int64_t>(4 * std::sqrt(static_cast<double>(rows.rows)));
  const int64_t lists = std::clamp<int64_t>(wanted, 1, rows.rows);
  const auto some = index::random_rows(
      rows.rows, std::min(rows.rows, lists * std::max<int64_t>(how.rows_per_list, 1)), how.seed);
  const auto values = read_unit_rows(rows, some);
  return index::kmeans({values.data(), static_cast<int64_t>(some.size()), rows.dim},
                       {.clusters = lists,
                        .iterations = how.iterations,
                        .metric = index::Metric::spherical,
                        .init = index::KmeansInit::random,
                        .seed = how.seed,
                        .threads = options.threads});
}

std::vector<Bucket> fill_buckets(const Rows& rows,
                                 const index::Matrix& centroids,
                                 const GraphOptions& options,
                                 const BucketOptions& how) {
  std::vector<Bucket> out(static_cast<size_t>(centroids.rows));
  for (int64_t first = 0; first < rows.rows; first += kRead) {
    const int64_t count = std::min(kRead, rows.rows - first);
    const auto block = read_unit_rows(rows, first, count);
    const auto lists =
        index::nearest({block.data(), count, rows.dim},
                       centroids,
                       {.k = std::max<int64_t>(how.probes, 1), .threads = options.threads});
    for (int64_t i = 0; i < count; ++i) {
      const auto of_row = lists.index_of(i);
      out[of_row[0]].members.push_back(static_cast<uint32_t>(first + i));
      for (const int64_t list : of_row)
        out[list].visitors.push_back(static_cast<uint32_t>(first + i));
    }
  }
  return out;
}

/// Rows that are in memory, found by number.
struct Held {
  std::vector<int64_t> which;  ///< ascending
  std::vector<float> values;
  int64_t dim;

  std::vector<float> gather(std::span<const uint32_t> ids) const {
    std::vector<float> out;
    out.reserve(ids.size() * static_cast<size_t>(dim));
    auto at = which.begin();
    for (const uint32_t id : ids) {
      at = std::lower_bound(at, which.end(), static_cast<int64_t>(id));
      const float* row = values.data() + (at - which.begin()) * dim;
      out.insert(out.end(), row, row + dim);
    }
    return out;
  }
};

/// The next buckets whose rows fit in the memory; at least one.
std::span<const Bucket> next_group(std::span<const Bucket> buckets, int64_t rows_held) {
  size_t count = 0;
  int64_t rows = 0;
  do {
    rows += static_cast<int64_t>(buckets[count++].visitors.size());
  } while (count < buckets.size() &&
           rows + static_cast<int64_t>(buckets[count].visitors.size()) <= rows_held);
  return buckets.first(count);
}

Held hold(const Rows& rows, std::span<const Bucket> buckets, bool all) {
  Held out{.which = {}, .values = {}, .dim = rows.dim};
  if (all) {
    out.which.resize(static_cast<size_t>(rows.rows));
    std::iota(out.which.begin(), out.which.end(), 0);
  } else {
    // Members look into their own bucket.
    for (const Bucket& bucket : buckets)
      out.which.insert(out.which.end(), bucket.visitors.begin(), bucket.visitors.end());
    std::ranges::sort(out.which);
    out.which.erase(std::unique(out.which.begin(), out.which.end()), out.which.end());
  }
  out.values = read_unit_rows(rows, out.which);
  return out;
}

void search(const Held& held,
            std::span<const Bucket> buckets,
            const GraphOptions& options,
            NeighbourLists& lists) {
  for (size_t first = 0; first < buckets.size(); first += kAtOnce) {
    std::vector<std::vector<Edge>> found(std::min(kAtOnce, buckets.size() - first));
    parallel_for(
        found.size(),
        [&](size_t i) {
          const Bucket& bucket = buckets[first + i];
          if (bucket.members.empty()) return;
          const auto members = held.gather(bucket.members);
          const auto visitors = held.gather(bucket.visitors);
          const auto rows_of = [&](const std::vector<float>& values) {
            return index::Matrix{
                values.data(), static_cast<int64_t>(values.size()) / held.dim, held.dim};
          };
          found[i] = pairs_above({.rows = rows_of(visitors), .ids = bucket.visitors},
                                 Base({.rows = rows_of(members), .ids = bucket.members}),
                                 options.threshold,
                                 true,
                                 1);
        },
        options.threads);
    for (const auto& pairs : found) lists.offer(pairs);
  }
}

/// What share of a sample's edges, by exact search, was found.
void measure_recall(const Rows& rows,
                    const GraphOptions& options,
                    const BucketOptions& how,
                    Graph& graph) {
  const auto sample =
      index::random_rows(rows.rows, std::min(rows.rows, how.recall_sample), how.seed + 1);
  const auto exact = exact_edges_of(rows, sample, options);
  graph.recall_edges = static_cast<int64_t>(exact.size());
  if (exact.empty()) return;
  const auto place = [](const Edge& e) { return std::pair(e.a, e.b); };
  const auto found = std::ranges::count_if(exact, [&](const Edge& edge) {
    return std::ranges::binary_search(graph.edges, place(edge), {}, place);
  });
  graph.recall = static_cast<double>(found) / static_cast<double>(exact.size());
}

}  // namespace

Graph bucketed_graph(const Rows& rows, const GraphOptions& options, const BucketOptions& how) {
  if (rows.rows >= std::numeric_limits<uint32_t>::max())
    fail("a graph has fewer than 2^32 rows, not {}", rows.rows);
  if (rows.rows == 0) return {};
  const auto buckets = fill_buckets(rows, learn_lists(rows, options, how).matrix(), options, how);
  const int64_t rows_held = options.memory_bytes / (std::max<int64_t>(rows.dim, 1) * 4);
  const bool all = rows.rows <= rows_held;
  NeighbourLists lists(rows.rows, options.neighbours);
  std::span<const Bucket> left(buckets);
  while (!left.empty()) {
    const auto group = all ? left : next_group(left, rows_held);
    search(hold(rows, group, all), group, options, lists);
    left = left.subspan(group.size());
  }
  auto found = std::move(lists).edges();
  Graph out{.edges = std::move(found.edges), .directed = found.directed};
  if (how.recall_sample > 0) measure_recall(rows, options, how, out);
  return out;
}

}  // namespace troodon::curate
