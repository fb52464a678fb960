#include "stages/dedup.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/error.hpp"
#include "curate/linkage.hpp"

namespace troodon::stages {
namespace {

constexpr int64_t kExactRows = 200'000;

/// The pool's rows as `order` names them; those that it does not name come last, by number.
std::vector<uint32_t> order_of(const Pool& pool, const fs::path& order) {
  if (order.empty()) return {};
  std::unordered_map<std::string, size_t> ranks;
  for (const std::string& path : read_paths(order)) ranks.emplace(path, ranks.size());
  std::vector<size_t> rank(static_cast<size_t>(pool.size()), ranks.size());
  for (size_t row = 0; row < rank.size(); ++row) {
    const auto found = ranks.find(pool.path(static_cast<int64_t>(row)));
    if (found != ranks.end()) rank[row] = found->second;
  }
  std::vector<uint32_t> out(rank.size());
  std::iota(out.begin(), out.end(), 0U);
  std::stable_sort(
      out.begin(), out.end(), [&](uint32_t a, uint32_t b) { return rank[a] < rank[b]; });
  return out;
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
  const Pool pool = open_pool(options.features, options.only);
  const std::vector<uint32_t> order = order_of(pool, options.order);
  const curate::Graph graph = graph_of(pool.rows, options.search);
  const auto link =
      options.linkage == Linkage::star ? curate::star_linkage : curate::component_linkage;
  const curate::Groups groups = link(static_cast<uint32_t>(pool.size()), graph.edges, order);

  std::vector<int64_t> kept, removed, copies(static_cast<size_t>(pool.size()), 0), kept_copies;
  std::vector<std::string> reasons, representatives;
  std::vector<double> similarities;
  for (int64_t row = 0; row < pool.size(); ++row) {
    const auto i = static_cast<size_t>(row);
    const uint32_t representative = groups.representative[i];
    if (representative == row) {
      kept.push_back(row);
      continue;
    }
    ++copies[representative];
    removed.push_back(row);
    reasons.emplace_back("copy");
    representatives.push_back(pool.path(representative));
    similarities.push_back(groups.similarity[i]);
  }
  for (const int64_t row : kept) kept_copies.push_back(copies[static_cast<size_t>(row)]);

  Manifest stays{columns_of(pool, kept)}, goes{columns_of(pool, removed)};
  stays.columns.push_back({"copies", std::move(kept_copies)});
  goes.columns.push_back({"reason", std::move(reasons)});
  goes.columns.push_back({"of", std::move(representatives)});
  goes.columns.push_back({"similarity", std::move(similarities)});
  write_manifest(options.removed, goes);
  write_manifest(options.out, stays);
  return {.pool = pool.size(),
          .kept = static_cast<int64_t>(kept.size()),
          .removed = static_cast<int64_t>(removed.size()),
          .edges = static_cast<int64_t>(graph.edges.size()),
          .largest = groups.largest,
          .recall = graph.recall_edges > 0 ? graph.recall : 1};
}

}  // namespace troodon::stages
