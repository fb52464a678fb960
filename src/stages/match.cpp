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
  std::vector<fs::path> inputs = options.references;
  inputs.insert(inputs.end(), {options.features, options.only});
  const Work work = begin_work(
      options.out, fmt::format("match\n{}", text_of(options.search)), inputs, options.running);
  const Pool pool = open_pool(options.features, options.only);
  const References references = open_references(options.references);
  index::Rows all = pool.rows;
  for (const Pool& set : references.sets) all = index::joined(std::move(all), set.rows);
  const curate::Graph graph = graph_of(all, options.search, options.running, work);
  const auto relative = curate::drop_relatives(static_cast<uint32_t>(pool.size()),
                                               static_cast<uint32_t>(all.rows),
                                               graph.edges,
                                               options.mode);

  Verdicts verdicts;
  for (int64_t row = 0; row < pool.size(); ++row) {
    const auto i = static_cast<size_t>(row);
    if (relative.dropped[i] == 0) {
      verdicts.kept.push_back(row);
      continue;
    }
    verdicts.remove(
        row, "like a reference", references.path(relative.reference[i]), relative.similarity[i]);
  }
  if (options.running.first()) {
    write_manifest(options.removed, verdicts.manifest_of_removed(pool));
    write_manifest(options.out, {columns_of(pool, verdicts.kept)});
  }
  work.finish();
  return verdicts.removal(pool, graph, relative.largest);
}

}  // namespace troodon::stages
