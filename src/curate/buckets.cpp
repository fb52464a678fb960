#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "curate/graph.hpp"
#include "curate/neighbour_lists.hpp"
#include "curate/pairs.hpp"
#include "index/kmeans.hpp"
#include "index/nearest.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

constexpr int64_t kRead = 65536;  // rows whose buckets are one piece
constexpr size_t kParts = 16;     // pieces of a group of buckets
constexpr size_t kAtOnce = 64;    // buckets whose pairs are held at once

/// Who is in a bucket, and who looks into it (its members too). Both ascending.
struct Bucket {
  std::vector<uint32_t> members, visitors;
};

/// Centroids of a sample of the rows: [lists, dim], unit length.
index::Kmeans learn_lists(const Rows& rows,
                          const GraphOptions& options,
                          const BucketOptions& how,
                          const Work& work) {
  const auto wanted = how.lists > 0
                          ? how.lists
                          : static_cast<int64_t>(4 * std::sqrt(static_cast<double>(rows.rows)));
  const int64_t lists = std::clamp<int64_t>(wanted, 1, rows.rows);
  const int64_t sample = std::min(rows.rows, lists * std::max<int64_t>(how.rows_per_list, 1));
  return index::kmeans(chosen(unit(rows), index::random_rows(rows.rows, sample, how.seed)),
                       {.clusters = lists,
                        .iterations = how.iterations,
                        .metric = index::Metric::spherical,
                        .init = index::KmeansInit::random,
                        .seed = how.seed,
                        .threads = options.threads,
                        .memory_bytes = options.memory_bytes},
                       work,
                       "buckets");
}

std::vector<Bucket> fill_buckets(const Rows& rows,
                                 const index::Matrix& centroids,
                                 const GraphOptions& options,
                                 const BucketOptions& how,
                                 const Work& work) {
  std::vector<Bucket> out(static_cast<size_t>(centroids.rows));
  const auto nearest_of = [&](size_t piece) {
    const int64_t first = static_cast<int64_t>(piece) * kRead;
    const int64_t count = std::min(kRead, rows.rows - first);
    const auto block = read_unit_rows(rows, first, count);
    const auto found =
        index::nearest({block.data(), count, rows.dim},
                       centroids,
                       {.k = std::max<int64_t>(how.probes, 1), .threads = options.threads});
    return ByteWriter()
        .put(found.k)
        .put(std::vector<uint32_t>(found.index.begin(), found.index.end()))
        .take();
  };
  const auto fill = [&](size_t piece, std::string_view bytes) {
    int64_t probes = 0;
    std::vector<uint32_t> lists;
    ByteReader(bytes).get(probes).get(lists);
    for (size_t i = 0; i < lists.size(); ++i) {
      const auto place = static_cast<int64_t>(i);
      const auto row = static_cast<uint32_t>(static_cast<int64_t>(piece) * kRead + place / probes);
      if (place % probes == 0) out[lists[i]].members.push_back(row);
      out[lists[i]].visitors.push_back(row);
    }
  };
  work.pieces({.name = fmt::format("buckets.of.{}", how.probes),
               .count = static_cast<size_t>((rows.rows + kRead - 1) / kRead),
               .items = static_cast<size_t>(rows.rows),
               .label = "buckets"},
              nearest_of,
              fill);
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

Held hold(const Rows& rows, std::span<const Bucket> buckets) {
  Held out{.which = {}, .values = {}, .dim = rows.dim};
  // Members look into their own bucket.
  for (const Bucket& bucket : buckets)
    out.which.insert(out.which.end(), bucket.visitors.begin(), bucket.visitors.end());
  std::ranges::sort(out.which);
  out.which.erase(std::unique(out.which.begin(), out.which.end()), out.which.end());
  out.values = read_unit_rows(rows, out.which);
  return out;
}

/// Groups of buckets whose rows are held together.
std::vector<std::span<const Bucket>> groups_of(std::span<const Bucket> buckets, int64_t rows_held) {
  std::vector<std::span<const Bucket>> out;
  while (!buckets.empty()) {
    out.push_back(next_group(buckets, rows_held));
    buckets = buckets.subspan(out.back().size());
  }
  return out;
}

/// Part `part` of kParts of a group.
std::span<const Bucket> part_of(std::span<const Bucket> group, size_t part) {
  const size_t first = group.size() * part / kParts;
  return group.subspan(first, group.size() * (part + 1) / kParts - first);
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
          const auto matrix_of = [&](const std::vector<float>& values) {
            return index::Matrix{
                values.data(), static_cast<int64_t>(values.size()) / held.dim, held.dim};
          };
          found[i] = pairs_above({.rows = matrix_of(visitors), .ids = bucket.visitors},
                                 Base({.rows = matrix_of(members), .ids = bucket.members}),
                                 options.threshold,
                                 true,
                                 1);
        },
        options.threads);
    for (const auto& pairs : found) lists.offer(pairs);
  }
}

/// Piece after piece: a part of the buckets of a group, whose rows are held while it lasts.
void search_all(const Rows& rows,
                const std::vector<Bucket>& buckets,
                const GraphOptions& options,
                const BucketOptions& how,
                const Work& work,
                NeighbourLists& lists) {
  const int64_t rows_held = options.memory_bytes / (std::max<int64_t>(rows.dim, 1) * 4);
  const auto groups = rows.rows <= rows_held ? std::vector{std::span<const Bucket>(buckets)}
                                             : groups_of(buckets, rows_held);
  NeighbourLists piece(rows.rows, options.neighbours);
  Held near{.which = {}, .values = {}, .dim = rows.dim};
  size_t near_group = groups.size();
  work.pieces(
      {.name = fmt::format("bucket.pairs.{}", how.probes),
       .count = groups.size() * kParts,
       .items = buckets.size(),
       .label = "neighbours"},
      [&](size_t i) {
        const size_t group = i / kParts;
        if (group != near_group) near = hold(rows, groups[group]);
        near_group = group;
        search(near, part_of(groups[group], i % kParts), options, piece);
        return piece.take();
      },
      [&](size_t, std::string_view bytes) { lists.offer_taken(bytes); });
}

/// The edges of a sample of rows, by exact search.
std::vector<Edge> sample_edges(const Rows& rows,
                               const GraphOptions& options,
                               const BucketOptions& how) {
  const auto sample =
      index::random_rows(rows.rows, std::min(rows.rows, how.recall_sample), how.seed + 1);
  return exact_edges_of(rows, sample, options);
}

/// What share of these was found.
void measure_recall(const std::vector<Edge>& exact, Graph& graph) {
  graph.recall_edges = static_cast<int64_t>(exact.size());
  if (exact.empty()) return;
  const auto place = [](const Edge& e) { return std::pair(e.a, e.b); };
  const auto found = std::ranges::count_if(exact, [&](const Edge& edge) {
    return std::ranges::binary_search(graph.edges, place(edge), {}, place);
  });
  graph.recall = static_cast<double>(found) / static_cast<double>(exact.size());
}

/// The graph with as many probes as `how` says.
Graph graph_with(const Rows& rows,
                 const index::Matrix& centroids,
                 const GraphOptions& options,
                 const BucketOptions& how,
                 const Work& work) {
  const auto buckets = fill_buckets(rows, centroids, options, how, work);
  NeighbourLists lists(rows.rows, options.neighbours);
  search_all(rows, buckets, options, how, work, lists);
  auto found = std::move(lists).edges();
  return {.edges = std::move(found.edges), .directed = found.directed, .probes = how.probes};
}

}  // namespace

Graph bucketed_graph(const Rows& rows,
                     const GraphOptions& options,
                     const BucketOptions& how,
                     const Work& work) {
  if (rows.rows >= std::numeric_limits<uint32_t>::max())
    fail("a graph has fewer than 2^32 rows, not {}", rows.rows);
  if (rows.rows == 0) return {};
  const auto lists = learn_lists(rows, options, how, work);
  const auto exact = how.recall_sample > 0 ? sample_edges(rows, options, how) : std::vector<Edge>{};
  for (BucketOptions now = how;; now.probes *= 2) {
    now.probes = std::clamp<int64_t>(now.probes, 1, lists.clusters);
    Graph out = graph_with(rows, lists.matrix(), options, now, work);
    measure_recall(exact, out);
    if (now.probes == lists.clusters || !(out.recall < how.recall)) return out;
    log_info("{:.2f} % of a sample's pairs found with {} probes, wanted {:.2f} %: twice as many",
             100 * out.recall,
             now.probes,
             100 * how.recall);
  }
}

}  // namespace troodon::curate
