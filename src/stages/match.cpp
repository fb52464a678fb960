#include "stages/match.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "stages/looks.hpp"

namespace troodon::stages {
namespace {

/// The test sets one after the other: those with features, then those of which pictures are known.
struct References {
  std::vector<std::string> paths;
  int64_t with_features = 0;
};

/// What is known before pictures are compared.
struct Evidence {
  Pool pool;
  References references;
  curate::Graph graph;
  Signs copies;  ///< (row of the pool, row among all)
};

void add(const Pool& set, References& out) {
  out.paths.insert(out.paths.end(), set.paths.begin(), set.paths.end());
}

void compare_features(const MatchOptions& options, const Work& work, Evidence& out) {
  out.pool = open_pool(options.features, options.only);
  index::Rows all = out.pool.rows;
  for (const fs::path& file : options.references) {
    const Pool set = open_set(file, out.pool);
    all = index::joined(std::move(all), set.rows);
    add(set, out.references);
  }
  out.references.with_features = static_cast<int64_t>(out.references.paths.size());
  out.graph = graph_of(all, options.search, options.running, work);
}

void compare_pictures(const MatchOptions& options, const Work& work, Evidence& out) {
  const size_t threads = options.running.threads;
  Looked looked = look_at_pool(options.pictures, options.only, {.threads = threads}, work);
  if (options.features.empty()) out.pool = looked.pool;
  const auto looks = in_order_of(std::move(looked), out.pool, options.pictures);
  std::vector<Look> others;
  for (const std::string& source : options.reference_pictures) {
    const std::string step = fmt::format("references{}", others.size());
    Looked set = look_at_pool(source, {}, {.threads = threads, .step = step}, work);
    add(set.pool, out.references);
    std::ranges::move(set.looks, std::back_inserter(others));
  }
  const auto first = static_cast<uint32_t>(out.pool.size() + out.references.with_features);
  for (const auto& [pair, how] : find_copies(looks, others, threads, work))
    out.copies[{pair.first, first + pair.second}] = how;
}

Evidence gather(const MatchOptions& options, const Work& work) {
  const bool features = !options.features.empty(), pictures = !options.pictures.empty();
  if (features ? options.references.empty() : !pictures)
    fail(Exit::usage,
         "no reference features are given; give the pool's features and --against FEATURES, or "
         "--pictures and --against-pictures, or all of these");
  if (pictures == options.reference_pictures.empty())
    fail(Exit::usage, "--pictures and --against-pictures go together");
  Evidence out;
  if (features) compare_features(options, work, out);
  if (pictures) compare_pictures(options, work, out);
  out.graph.edges = with_copies(std::move(out.graph.edges), out.copies);
  return out;
}

Work begin(const MatchOptions& options) {
  std::vector<fs::path> inputs = options.references;
  inputs.insert(inputs.end(), {options.features, options.only, options.pictures});
  std::string settings = fmt::format("match {}\n{}", options.pictures, text_of(options.search));
  for (const std::string& source : options.reference_pictures) {
    settings += "\n" + source;
    inputs.emplace_back(source);
  }
  return begin_work(options.out, settings, inputs, options.running);
}

}  // namespace

Removal match(const MatchOptions& options) {
  for (const fs::path& file : {options.out, options.removed}) check_manifest_name(file);
  const Work work = begin(options);
  const Evidence evidence = gather(options, work);
  const Pool& pool = evidence.pool;
  const auto rows = static_cast<uint32_t>(pool.size());
  const auto all = rows + static_cast<uint32_t>(evidence.references.paths.size());
  const auto relative = curate::drop_relatives(rows, all, evidence.graph.edges, options.mode);

  Verdicts verdicts;
  for (uint32_t row = 0; row < rows; ++row) {
    if (relative.dropped[row] == 0) {
      verdicts.kept.push_back(row);
      continue;
    }
    const uint32_t reference = relative.reference[row];
    const auto copy = evidence.copies.find({row, rows + reference});
    verdicts.remove(row,
                    copy == evidence.copies.end() ? "like a reference" : copy->second,
                    evidence.references.paths[reference],
                    relative.similarity[row]);
  }
  if (options.running.first()) {
    write_manifest(options.removed, verdicts.manifest_of_removed(pool));
    write_manifest(options.out, {columns_of(pool, verdicts.kept)});
  }
  work.finish();
  return verdicts.removal(pool, evidence.graph, relative.largest);
}

}  // namespace troodon::stages
