#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_set>

#include "base/random.hpp"
#include "explore/clusters.hpp"

namespace troodon::explore {
namespace {

constexpr int kMostRounds = 100;      ///< of moving nodes on one level
constexpr double kLeastGain = 1e-12;  ///< of modularity times weight, that a move must bring

/// An undirected graph whose nodes may be communities of a finer one.
struct Graph {
  struct Arc {
    uint32_t to;
    double weight;
  };
  std::vector<size_t> begin;   ///< [nodes + 1]
  std::vector<Arc> arcs;       ///< each edge from both sides; none from a node to itself
  std::vector<double> inside;  ///< [nodes] twice the weight within a node
  std::vector<double> degree;  ///< [nodes] weight of arcs, and inside
  double total = 0;            ///< sum of degrees

  uint32_t nodes() const { return static_cast<uint32_t>(degree.size()); }
  std::span<const Arc> of(uint32_t node) const {
    return std::span(arcs).subspan(begin[node], begin[node + 1] - begin[node]);
  }
};

/// `edges` ascending by (a, b), a < b.
Graph graph_of(uint32_t nodes, std::span<const WeightedEdge> edges, std::vector<double> inside) {
  Graph out{.begin = std::vector<size_t>(nodes + 1, 0), .inside = std::move(inside)};
  for (const auto& edge : edges) ++out.begin[edge.a + 1], ++out.begin[edge.b + 1];
  std::partial_sum(out.begin.begin(), out.begin.end(), out.begin.begin());
  out.arcs.resize(2 * edges.size());
  std::vector<size_t> next(out.begin.begin(), out.begin.end() - 1);
  out.degree = out.inside;
  for (const auto& edge : edges) {
    out.arcs[next[edge.a]++] = {edge.b, edge.weight};
    out.arcs[next[edge.b]++] = {edge.a, edge.weight};
    out.degree[edge.a] += edge.weight, out.degree[edge.b] += edge.weight;
  }
  out.total = std::accumulate(out.degree.begin(), out.degree.end(), 0.0);
  return out;
}

/// Moves nodes to the neighbouring community that they fit best until none moves.
class Moving {
 public:
  Moving(const Graph& graph, double resolution)
      : graph_(graph),
        resolution_(resolution),
        community_(graph.nodes()),
        degree_(graph.degree),
        to_(graph.nodes(), 0) {
    std::iota(community_.begin(), community_.end(), 0U);
  }

  std::vector<uint32_t> run(uint64_t seed) {
    const auto order = Random(seed).permutation(graph_.nodes());
    for (int round = 0; round < kMostRounds; ++round) {
      bool moved = false;
      for (const int64_t node : order) moved |= move(static_cast<uint32_t>(node));
      if (!moved) break;
    }
    return std::move(community_);
  }

 private:
  bool move(uint32_t node) {
    const uint32_t from = community_[node];
    seen_.assign(1, from);
    for (const auto& arc : graph_.of(node)) {
      const uint32_t other = community_[arc.to];
      if (to_[other] == 0 && other != from) seen_.push_back(other);
      to_[other] += arc.weight;
    }
    degree_[from] -= graph_.degree[node];
    const double pull = resolution_ * graph_.degree[node] / graph_.total;
    uint32_t best = from;
    double most = to_[from] - pull * degree_[from];
    for (const uint32_t other : seen_) {
      const double gain = to_[other] - pull * degree_[other];
      if (gain > most + kLeastGain) best = other, most = gain;
    }
    degree_[best] += graph_.degree[node];
    for (const uint32_t other : seen_) to_[other] = 0;
    community_[node] = best;
    return best != from;
  }

  const Graph& graph_;
  double resolution_;
  std::vector<uint32_t> community_;
  std::vector<double> degree_;  ///< of communities
  std::vector<double> to_;      ///< weight from the node that is looked at to communities
  std::vector<uint32_t> seen_;  ///< communities with such a weight
};

/// Numbers from 0 in the order in which they first come; -> how many.
uint32_t renumber(std::vector<uint32_t>& numbers) {
  std::vector<uint32_t> fresh(numbers.size(), UINT32_MAX);
  uint32_t count = 0;
  for (uint32_t& number : numbers) {
    if (fresh[number] == UINT32_MAX) fresh[number] = count++;
    number = fresh[number];
  }
  return count;
}

/// Communities become nodes.
Graph coarser(const Graph& graph, const std::vector<uint32_t>& community, uint32_t count) {
  std::vector<double> inside(count, 0);
  std::vector<WeightedEdge> edges;
  for (uint32_t node = 0; node < graph.nodes(); ++node) {
    const uint32_t a = community[node];
    inside[a] += graph.inside[node];
    for (const auto& arc : graph.of(node)) {
      const uint32_t b = community[arc.to];
      if (a == b) inside[a] += arc.weight;  // comes from both sides: twice
      if (a < b) edges.push_back({a, b, arc.weight});
    }
  }
  const auto pair = [](const WeightedEdge& edge) { return std::pair(edge.a, edge.b); };
  std::ranges::stable_sort(edges, {}, pair);
  size_t kept = 0;
  for (size_t i = 0; i < edges.size(); ++i) {
    if (kept > 0 && pair(edges[kept - 1]) == pair(edges[i]))
      edges[kept - 1].weight += edges[i].weight;
    else
      edges[kept++] = edges[i];
  }
  edges.resize(kept);
  return graph_of(count, edges, std::move(inside));
}

/// Newman's modularity of the nodes of a coarse graph.
double modularity_of(const Graph& graph, double resolution) {
  double out = 0;
  for (uint32_t node = 0; node < graph.nodes() && graph.total > 0; ++node) {
    const double share = graph.degree[node] / graph.total;
    out += graph.inside[node] / graph.total - resolution * share * share;
  }
  return out;
}

}  // namespace

Communities communities(uint32_t nodes,
                        std::span<const WeightedEdge> edges,
                        double resolution,
                        uint64_t seed) {
  Communities out{.community = std::vector<uint32_t>(nodes), .count = nodes};
  std::iota(out.community.begin(), out.community.end(), 0U);
  Graph graph = graph_of(nodes, edges, std::vector<double>(nodes, 0));
  for (uint64_t level = 0; graph.total > 0; ++level) {
    std::vector<uint32_t> moved = Moving(graph, resolution).run(mix(seed, level));
    const uint32_t count = renumber(moved);
    const bool same = count == graph.nodes();
    for (uint32_t& community : out.community) community = moved[community];
    graph = coarser(graph, moved, count);
    if (same) break;
  }
  out.count = graph.nodes();
  out.modularity = modularity_of(graph, resolution);
  return out;
}

std::vector<WeightedEdge> shared_neighbour_edges(const Neighbours& neighbours) {
  std::vector<WeightedEdge> out;
  if (neighbours.k == 0) return out;
  const auto rows = static_cast<int64_t>(neighbours.index.size()) / neighbours.k;
  std::vector<std::vector<int64_t>> sets(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    auto& set = sets[static_cast<size_t>(row)];
    const auto near = neighbours.index_of(row);
    set.assign(near.begin(), near.end());
    set.push_back(row);
    std::ranges::sort(set);
  }
  for (int64_t row = 0; row < rows; ++row) {
    const auto& mine = sets[static_cast<size_t>(row)];
    for (const int64_t other : neighbours.index_of(row)) {
      const auto& theirs = sets[static_cast<size_t>(other)];
      // A pair that knows each other comes from the smaller row alone.
      if (other < row && std::ranges::binary_search(theirs, row)) continue;
      std::vector<int64_t> both;
      std::ranges::set_intersection(mine, theirs, std::back_inserter(both));
      const double weight =
          static_cast<double>(both.size()) / static_cast<double>(neighbours.k + 1);
      const auto [a, b] = std::minmax(row, other);
      if (!both.empty())
        out.push_back({static_cast<uint32_t>(a), static_cast<uint32_t>(b), weight});
    }
  }
  return out;
}

}  // namespace troodon::explore
