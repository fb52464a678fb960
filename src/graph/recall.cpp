#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "graph/body.hpp"
#include "graph/search.hpp"

namespace troodon::graph {
namespace {

/// Rows that ask, and the exact answer: their nearest others.
struct Sample {
  std::vector<uint32_t> rows;
  std::vector<float> asking;     ///< [rows, dim] as the graph takes queries
  std::vector<int64_t> nearest;  ///< [rows, k]
  int64_t k = 0;
};

std::vector<uint32_t> draw_rows(const Body& body, const RecallOptions& options) {
  std::vector<uint32_t> out;
  Random random(mix(options.seed, body.rows));
  const int64_t there = body.rows - body.removed_count;
  const int64_t wanted = std::min(options.sample, there);
  for (int64_t left = 4 * wanted; left > 0 && static_cast<int64_t>(out.size()) < wanted; --left) {
    const auto row = static_cast<uint32_t>(random.integer(0, body.rows - 1));
    if (!body.is_removed(row)) out.push_back(row);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// The exact neighbours among all rows, a block of them at a time.
void find_nearest(const Body& body, size_t threads, Sample& sample) {
  constexpr int64_t kBlock = 65536;
  const auto asked = static_cast<int64_t>(sample.rows.size());
  const index::Matrix queries{sample.asking.data(), asked, body.dim()};
  std::vector<std::vector<std::pair<float, int64_t>>> best(asked);
  std::vector<float> block;
  for (int64_t first = 0; first < body.rows; first += kBlock) {
    const int64_t count = std::min(kBlock, body.rows - first);
    block.resize(count * body.dim());
    read_rows(body, first, count, block.data());
    // Removed rows may take places: some more make up for them, up to a point.
    const auto found = index::nearest(
        queries, {block.data(), count, body.dim()}, {.k = 2 * sample.k + 1, .threads = threads});
    for (int64_t q = 0; q < asked; ++q) {
      for (int64_t i = 0; i < found.k; ++i) {
        const int64_t row = first + found.index_of(q)[i];
        if (row == sample.rows[q] || body.is_removed(static_cast<uint32_t>(row))) continue;
        best[q].emplace_back(-found.score_of(q)[i], row);
      }
    }
  }
  for (auto& some : best) {
    std::sort(some.begin(), some.end());
    some.resize(std::max<size_t>(some.size(), sample.k), {0, -1});
    for (int64_t i = 0; i < sample.k; ++i) sample.nearest.push_back(some[i].second);
  }
}

Sample draw_sample(const Body& body, const RecallOptions& options) {
  Sample out{.rows = draw_rows(body, options)};
  out.k = std::min(options.k, body.rows - body.removed_count - 1);
  if (out.k < 1) fail(Exit::input, "a graph of fewer than two rows has no recall");
  out.asking.resize(out.rows.size() * body.dim());
  for (size_t i = 0; i < out.rows.size(); ++i)
    read_rows(body, out.rows[i], 1, out.asking.data() + i * body.dim());
  find_nearest(body, options.threads, out);
  return out;
}

double recall_of(const Body& body, const Sample& sample, int64_t width, size_t threads) {
  std::vector<int64_t> hits(sample.rows.size());
  const Search search(body, {.k = sample.k + 1, .width = width});
  parallel_for(
      hits.size(),
      [&](size_t i) {
        std::vector<int64_t> found(sample.k + 1);
        std::vector<float> scores(sample.k + 1);
        search.run(
            sample.asking.data() + i * body.dim(), {found.data(), scores.data()}, sample.rows[i]);
        const auto* wanted = sample.nearest.data() + i * sample.k;
        for (int64_t j = 0; j < sample.k; ++j)
          hits[i] += std::count(wanted, wanted + sample.k, found[j]);
      },
      threads);
  int64_t all = 0;
  for (const int64_t hit : hits) all += hit;
  return static_cast<double>(all) / static_cast<double>(sample.nearest.size());
}

}  // namespace

Recall Graph::recall_on_sample(int64_t width, const RecallOptions& options) const {
  const Sample sample = draw_sample(*body_, options);
  const double recall = recall_of(*body_, sample, width, options.threads);
  return {.width = width,
          .recall = recall,
          .sample = static_cast<int64_t>(sample.rows.size()),
          .reached = recall >= options.target};
}

Recall Graph::tune(const RecallOptions& options) {
  const Sample sample = draw_sample(*body_, options);
  Recall out{.sample = static_cast<int64_t>(sample.rows.size())};
  // Steps of a quarter: a finer one is below what the sample tells.
  for (int64_t width = std::max<int64_t>(16, sample.k);; width += width / 4) {
    out.width = std::min(width, options.widest);
    out.recall = recall_of(*body_, sample, out.width, options.threads);
    out.reached = out.recall >= options.target;
    if (out.reached || out.width == options.widest) break;
  }
  body_->width = out.width, body_->recall = out.recall;
  return out;
}

}  // namespace troodon::graph
