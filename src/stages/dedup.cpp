#include "stages/dedup.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/error.hpp"
#include "curate/linkage.hpp"
#include "stages/looks.hpp"

namespace troodon::stages {
namespace {

constexpr int64_t kExactRows = 200'000;

/// What is known of the pool before it is linked.
struct Evidence {
  Pool pool;
  std::vector<Look> looks;  ///< of each row, or empty
  Signs copies;
};

Evidence gather(const DedupOptions& options, const Work& work) {
  Evidence out;
  if (options.features.empty() && options.pictures.empty())
    fail(Exit::usage, "give the pool's features, or --pictures, or both");
  if (!options.features.empty()) out.pool = open_pool(options.features, options.only);
  if (options.pictures.empty()) return out;
  const size_t threads = options.running.threads;
  Looked looked = look_at_pool(options.pictures,
                               options.only,
                               {.fingerprints = options.fingerprints, .threads = threads},
                               work);
  if (options.features.empty()) out.pool = looked.pool;
  out.looks = in_order_of(std::move(looked), out.pool, options.pictures);
  out.copies =
      options.fingerprints ? find_copies(out.looks, threads, work) : equal_files(out.looks);
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

curate::Graph graph_of(const index::Rows& rows,
                       const SearchOptions& options,
                       const Running& running,
                       const Work& work) {
  curate::GraphOptions graph = options.graph;
  graph.threads = running.threads;
  const bool exact = options.search == Search::exact ||
                     (options.search == Search::automatic && rows.rows <= kExactRows);
  return exact ? curate::exact_graph(rows, graph, work)
               : curate::bucketed_graph(rows, graph, options.buckets, work);
}

std::string text_of(const SearchOptions& options) {
  return fmt::format(
      "search {} threshold {} neighbours {} memory {} lists {} probes {} recall {} seed {}",
      static_cast<int>(options.search),
      options.graph.threshold,
      options.graph.neighbours,
      options.graph.memory_bytes,
      options.buckets.lists,
      options.buckets.probes,
      options.buckets.recall,
      options.buckets.seed);
}

Removal dedup(const DedupOptions& options) {
  for (const fs::path& file : {options.out, options.removed}) check_manifest_name(file);
  const Work work = begin_work(
      options.out,
      fmt::format(
          "dedup {} {}\n{}", options.pictures, options.fingerprints, text_of(options.search)),
      {options.features, options.pictures, options.only},
      options.running);
  const Evidence evidence = gather(options, work);
  const Pool& pool = evidence.pool;
  curate::Graph graph;
  if (pool.has_features()) graph = graph_of(pool.rows, options.search, options.running, work);
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
  if (options.running.first()) {
    write_manifest(options.removed, verdicts.manifest_of_removed(pool));
    write_manifest(options.out, stays);
  }
  work.finish();
  return verdicts.removal(pool, graph, groups.largest);
}

}  // namespace troodon::stages
