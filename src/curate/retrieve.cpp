#include "curate/retrieve.hpp"

#include <algorithm>
#include <limits>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "index/kmeans.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

constexpr int64_t kPoolBlock = 65536;  // rows of the pool held at once

/// A pool row that a seed brought.
struct Hit {
  uint32_t row, seed;
  float similarity;
};

bool closer(const Hit& a, const Hit& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

/// The hits of all seeds among `count` rows of the pool: the best `each` of the first, and so on.
std::vector<Hit> hits_in(const Rows& pool,
                         int64_t first,
                         int64_t count,
                         const index::Matrix& unit_seeds,
                         int64_t each,
                         size_t threads) {
  const auto block = read_unit_rows(pool, first, count);
  const auto found =
      index::nearest(unit_seeds, {block.data(), count, pool.dim}, {.k = each, .threads = threads});
  std::vector<Hit> out;
  for (int64_t seed = 0; seed < unit_seeds.rows; ++seed) {
    for (int64_t i = 0; i < found.k; ++i)
      out.push_back({static_cast<uint32_t>(first + found.index_of(seed)[i]),
                     static_cast<uint32_t>(seed),
                     found.score_of(seed)[i]});
  }
  return out;
}

/// Lists each row once.
void collect(std::vector<Hit> hits, SampleRetrieval& out) {
  std::ranges::sort(hits, [](const Hit& a, const Hit& b) {
    if (a.row != b.row) return a.row < b.row;
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.seed < b.seed;
  });
  for (const Hit& hit : hits) {
    if (!out.rows.empty() && out.rows.back() == hit.row) {
      ++out.multiplicity.back();
      continue;
    }
    out.rows.push_back(hit.row);
    out.multiplicity.push_back(1);
    out.seed.push_back(hit.seed);
    out.similarity.push_back(hit.similarity);
  }
  out.entries = static_cast<int64_t>(hits.size());
}

/// Clusters with more than rule.more_than seeds.
std::vector<ChosenCluster> choose(const index::Members& pool,
                                  std::span<const uint32_t> seed_cluster,
                                  const ClusterRule& rule) {
  std::vector<int64_t> seeds(pool.begin.size() - 1);
  for (const uint32_t c : seed_cluster) ++seeds[c];
  std::vector<ChosenCluster> out;
  for (size_t c = 0; c < seeds.size(); ++c) {
    if (seeds[c] <= rule.more_than) continue;
    const auto size = static_cast<int64_t>(pool.of(static_cast<int64_t>(c)).size());
    out.push_back({.cluster = static_cast<uint32_t>(c),
                   .seeds = seeds[c],
                   .size = size,
                   .retrieved = std::min(size, rule.per_cluster)});
  }
  return out;
}

}  // namespace

double SampleRetrieval::collisions() const {
  return entries == 0 ? 0 : 1 - static_cast<double>(rows.size()) / static_cast<double>(entries);
}

SampleRetrieval retrieve_by_sample(const Rows& pool,
                                   const index::Matrix& seeds,
                                   int64_t each,
                                   size_t threads,
                                   const Work& work,
                                   const std::string& step) {
  if (pool.dim != seeds.dim) fail("seeds have width {}, the pool {}", seeds.dim, pool.dim);
  if (each < 1) fail("each seed retrieves at least one row, not {}", each);
  const auto unit_seeds = read_unit_rows(rows_of(seeds), 0, seeds.rows);
  std::vector<std::vector<Hit>> best(static_cast<size_t>(seeds.rows));
  work.pieces(
      {.name = step,
       .count = static_cast<size_t>((pool.rows + kPoolBlock - 1) / kPoolBlock),
       .items = static_cast<size_t>(pool.rows),
       .label = "neighbours"},
      [&](size_t i) {
        const int64_t first = static_cast<int64_t>(i) * kPoolBlock;
        return ByteWriter()
            .put(hits_in(pool,
                         first,
                         std::min(kPoolBlock, pool.rows - first),
                         {unit_seeds.data(), seeds.rows, seeds.dim},
                         each,
                         threads))
            .take();
      },
      [&](size_t, std::string_view bytes) {
        std::vector<Hit> hits;
        ByteReader(bytes).get(hits);
        for (const Hit& hit : hits) best[hit.seed].push_back(hit);
        for (auto& of_seed : best) {
          std::ranges::sort(of_seed, closer);
          if (of_seed.size() > static_cast<size_t>(each)) of_seed.resize(static_cast<size_t>(each));
        }
      });
  SampleRetrieval out;
  out.neighbours.k = std::min(each, pool.rows);
  out.shortfall = seeds.rows * (each - out.neighbours.k);
  std::vector<Hit> hits;
  for (const auto& of_seed : best) {
    for (const Hit& hit : of_seed) {
      out.neighbours.index.push_back(hit.row);
      out.neighbours.score.push_back(hit.similarity);
      hits.push_back(hit);
    }
  }
  collect(std::move(hits), out);
  return out;
}

ClusterRetrieval retrieve_by_cluster(std::span<const uint32_t> pool_cluster,
                                     std::span<const uint32_t> seed_cluster,
                                     const ClusterRule& rule) {
  uint32_t clusters = 0;
  for (const auto side : {pool_cluster, seed_cluster}) {
    for (const uint32_t c : side) clusters = std::max(clusters, c + 1);
  }
  const index::Members members = index::members_of(pool_cluster, clusters);
  ClusterRetrieval out{.chosen = choose(members, seed_cluster, rule)};
  std::vector<uint32_t> retrieved;
  for (const ChosenCluster& c : out.chosen) {
    const auto all = members.of(c.cluster);
    for (const int64_t i : index::random_rows(c.size, c.retrieved, mix(rule.seed, c.cluster)))
      retrieved.push_back(static_cast<uint32_t>(all[i]));
    out.shortfall += rule.per_cluster - c.retrieved;
  }
  out.retrieved = static_cast<int64_t>(retrieved.size());
  for (const int64_t i : index::random_rows(
           out.retrieved, std::min(out.retrieved, rule.cap), mix(rule.seed, uint64_t{clusters}, 1)))
    out.rows.push_back(retrieved[i]);
  std::ranges::sort(out.rows);
  std::vector<int64_t> taken(clusters);
  for (const uint32_t row : out.rows) {
    out.cluster.push_back(pool_cluster[row]);
    ++taken[pool_cluster[row]];
  }
  for (ChosenCluster& c : out.chosen) c.taken = taken[c.cluster];
  for (const uint32_t c : seed_cluster) out.brought.push_back(taken[c]);
  return out;
}

}  // namespace troodon::curate
