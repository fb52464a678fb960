#include "stages/dedup.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/error.hpp"
#include "curate/linkage.hpp"
#include "data/source.hpp"

namespace troodon::stages {
namespace {

constexpr int64_t kExactRows = 200'000;

/// What is known of the pool before it is linked.
struct Evidence {
  Pool pool;
  std::vector<Look> looks;  ///< of each row, or empty
  Signs copies;
};

Evidence gather(const DedupOptions& options) {
  Evidence out;
  if (options.features.empty() && options.pictures.empty())
    fail(Exit::usage, "give the pool's features, or --pictures, or both");
  if (!options.features.empty()) out.pool = open_pool(options.features, options.only);
  if (options.pictures.empty()) return out;
  data::Source source = narrowed(data::open_source(options.pictures), options.only);
  if (options.features.empty()) {
    out.pool = pool_of(source);
  } else {
    source = in_order_of(std::move(source), out.pool);
  }
  out.looks =
      look_at(source, {.threads = options.search.graph.threads, .progress = options.progress});
  out.copies = find_copies(out.looks, options.search.graph.threads);
  return out;
}

/// The pool's rows as `order` names them; those that it does not name come last, by number.
std::vector<uint32_t> order_of(const Evidence& evidence, const fs::path& order) {
  const Pool& pool = evidence.pool;
  if (order.empty()) {
    std::vector<curate::Quality> qualities;
    for (const Look& look : evidence.looks) {
      qualities.push_back({.pixels = int64_t{look.quality.width} * look.quality.height,
                           .bytes = static_cast<int64_t>(look.content.bytes)});
    }
    return qualities.empty() ? std::vector<uint32_t>{} : curate::best_first(qualities);
  }
  std::unordered_map<std::string, size_t> ranks;
  for (const std::string& path : read_paths(order)) ranks.emplace(path, ranks.size());
  std::vector<size_t> rank;
  for (const std::string& path : pool.paths) {
    const auto found = ranks.find(path);
    rank.push_back(found == ranks.end() ? ranks.size() : found->second);
  }
  std::vector<uint32_t> out(rank.size());
  std::iota(out.begin(), out.end(), 0U);
  std::stable_sort(
      out.begin(), out.end(), [&](uint32_t a, uint32_t b) { return rank[a] < rank[b]; });
  return out;
}

/// Why a row goes in favour of another.
std::string reason_of(const Signs& copies, uint32_t row, uint32_t representative) {
  const auto found = copies.find(std::minmax(row, representative));
  return found == copies.end() ? "alike" : found->second;
}

}  // namespace

curate::Graph graph_of(const curate::Rows& rows, const SearchOptions& options) {
  const bool exact = options.search == Search::exact ||
                     (options.search == Search::automatic && rows.rows <= kExactRows);
  return exact ? curate::exact_graph(rows, options.graph)
               : curate::bucketed_graph(rows, options.graph, options.buckets);
}

Removal dedup(const DedupOptions& options) {
  for (const fs::path& file : {options.out, options.removed}) check_manifest_name(file);
  const Evidence evidence = gather(options);
  const Pool& pool = evidence.pool;
  curate::Graph graph;
  if (pool.has_features()) graph = graph_of(pool.rows, options.search);
  graph.edges = with_copies(std::move(graph.edges), evidence.copies);
  const auto link =
      options.linkage == Linkage::star ? curate::star_linkage : curate::component_linkage;
  const curate::Groups groups =
      link(static_cast<uint32_t>(pool.size()), graph.edges, order_of(evidence, options.order));

  Verdicts verdicts;
  std::vector<int64_t> copies(static_cast<size_t>(pool.size()), 0), kept_copies;
  for (int64_t row = 0; row < pool.size(); ++row) {
    const auto i = static_cast<size_t>(row);
    const uint32_t representative = groups.representative[i];
    if (representative == row) {
      verdicts.kept.push_back(row);
      continue;
    }
    ++copies[representative];
    verdicts.remove(row,
                    reason_of(evidence.copies, static_cast<uint32_t>(row), representative),
                    pool.path(representative),
                    groups.similarity[i]);
  }
  for (const int64_t row : verdicts.kept) kept_copies.push_back(copies[static_cast<size_t>(row)]);

  Manifest stays{columns_of(pool, verdicts.kept)};
  stays.columns.push_back({"copies", std::move(kept_copies)});
  write_manifest(options.removed, verdicts.manifest_of_removed(pool));
  write_manifest(options.out, stays);
  return verdicts.removal(pool, graph, groups.largest);
}

}  // namespace troodon::stages
