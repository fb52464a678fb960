#include "stages/match.hpp"

#include "base/error.hpp"

namespace troodon::stages {
namespace {

/// Reference sets one after the other.
struct References {
  std::vector<Pool> sets;
  std::vector<int64_t> first;  ///< of each set, its first row among all
  int64_t rows = 0;

  std::string path(int64_t row) const {
    size_t set = sets.size() - 1;
    while (first[set] > row) --set;
    return sets[set].path(row - first[set]);
  }
};

References open_references(const std::vector<fs::path>& files) {
  if (files.empty()) fail(Exit::usage, "no reference features are given; add --against FEATURES");
  References out;
  for (const fs::path& file : files) {
    out.sets.push_back(open_pool(file));
    out.first.push_back(out.rows);
    out.rows += out.sets.back().size();
  }
  return out;
}

}  // namespace

Removal match(const MatchOptions& options) {
  for (const fs::path& file : {options.out, options.removed}) check_manifest_name(file);
  const Pool pool = open_pool(options.features, options.only);
  const References references = open_references(options.references);
  curate::Rows all = pool.rows;
  for (const Pool& set : references.sets) all = curate::joined(std::move(all), set.rows);
  const curate::Graph graph = graph_of(all, options.search);
  const auto relative = curate::drop_relatives(static_cast<uint32_t>(pool.size()),
                                               static_cast<uint32_t>(all.rows),
                                               graph.edges,
                                               options.mode);

  std::vector<int64_t> kept, removed;
  std::vector<std::string> reasons, partners;
  std::vector<double> similarities;
  for (int64_t row = 0; row < pool.size(); ++row) {
    const auto i = static_cast<size_t>(row);
    if (relative.dropped[i] == 0) {
      kept.push_back(row);
      continue;
    }
    removed.push_back(row);
    reasons.emplace_back("like a reference");
    partners.push_back(references.path(relative.reference[i]));
    similarities.push_back(relative.similarity[i]);
  }
  Manifest goes{columns_of(pool, removed)};
  goes.columns.push_back({"reason", std::move(reasons)});
  goes.columns.push_back({"of", std::move(partners)});
  goes.columns.push_back({"similarity", std::move(similarities)});
  write_manifest(options.removed, goes);
  write_manifest(options.out, {columns_of(pool, kept)});
  return {.pool = pool.size(),
          .kept = static_cast<int64_t>(kept.size()),
          .removed = static_cast<int64_t>(removed.size()),
          .edges = static_cast<int64_t>(graph.edges.size()),
          .largest = relative.largest,
          .recall = graph.recall_edges > 0 ? graph.recall : 1};
}

}  // namespace troodon::stages
