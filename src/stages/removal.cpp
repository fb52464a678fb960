#include "stages/removal.hpp"

#include <utility>

namespace troodon::stages {

void Verdicts::remove(int64_t row, std::string reason, std::string partner, double similarity) {
  removed.push_back(row);
  reasons.push_back(std::move(reason));
  partners.push_back(std::move(partner));
  similarities.push_back(similarity);
}

Manifest Verdicts::manifest_of_removed(const Pool& pool) const {
  Manifest out{columns_of(pool, removed)};
  out.columns.push_back({"reason", reasons});
  out.columns.push_back({"of", partners});
  out.columns.push_back({"similarity", similarities});
  return out;
}

Removal Verdicts::removal(const Pool& pool, const curate::Graph& graph, int64_t largest) const {
  return {.pool = pool.size(),
          .kept = static_cast<int64_t>(kept.size()),
          .removed = static_cast<int64_t>(removed.size()),
          .edges = static_cast<int64_t>(graph.edges.size()),
          .largest = largest,
          .recall = graph.recall_edges > 0 ? graph.recall : 1};
}

}  // namespace troodon::stages
