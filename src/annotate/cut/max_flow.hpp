#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troodon::annotate {

/// The least cut between a source and a sink. Augments along trees grown from both ends: Boykov and
/// Kolmogorov, "An experimental comparison of min-cut/max-flow algorithms", 2004.
class MaxFlow {
 public:
  explicit MaxFlow(int32_t nodes, size_t edges = 0);

  /// Adds to what cutting a node off costs: from the source (it ends on the sink's side), and from
  /// the sink.
  void add_terminal(int32_t node, float from_source, float to_sink);
  /// Cutting a from b costs `weight` (both ways).
  void add_edge(int32_t a, int32_t b, float weight);

  /// The cost of the cut.
  double solve();
  /// After solve(): whether a node is on the source's side.
  bool of_source(int32_t node) const { return tree_[node] == Tree::source; }

 private:
  enum class Tree : uint8_t { none, source, sink };
  static constexpr int32_t kNone = -1, kTerminal = -2, kOrphan = -3;
  struct Arc {
    int32_t to = 0, next = kNone;
    float rest = 0;  ///< capacity left
  };

  void activate(int32_t node);
  int32_t next_active();
  int32_t grow(int32_t node);  ///< the arc from source tree to sink tree, or kNone
  void augment(int32_t middle);
  void adopt();
  void adopt_one(int32_t node);
  bool rooted(int32_t node, int32_t& steps);
  float rest_to_child(int32_t arc, Tree tree) const;

  std::vector<Arc> arcs_;  ///< i and i ^ 1 are the two directions
  std::vector<int32_t> first_, parent_, distance_, stamp_;
  std::vector<Tree> tree_;
  std::vector<float> terminal_;  ///< above 0: left from the source, below 0: left to the sink
  std::vector<uint8_t> active_;
  std::vector<int32_t> queue_, orphans_;
  size_t head_ = 0;
  int32_t time_ = 0;
  double flow_ = 0;
};

}  // namespace troodon::annotate
