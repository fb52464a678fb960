#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "curate/edge.hpp"

namespace troodon::curate {

/// The k most similar rows seen so far of each row; of equals those of lower number. What it holds
/// in the end does not depend on the order in which pairs come, nor on how often.
class NeighbourLists {
 public:
  /// k 0: all.
  NeighbourLists(int64_t rows, int64_t k) : k_(static_cast<size_t>(k)), lists_(rows) {}

  void offer(uint32_t row, uint32_t other, float similarity);
  /// Both ways.
  void offer(std::span<const Edge> pairs);

  /// What it holds, for another to be offered, as a piece of work; empties it.
  std::string take();
  void offer_taken(std::string_view piece);

  struct Edges {
    std::vector<Edge> edges;  ///< a < b, ascending, each once: rows of which one lists the other
    int64_t directed = 0;     ///< entries of all lists
  };
  Edges edges() &&;

 private:
  struct Neighbour {
    uint32_t row;
    float similarity;
  };
  static bool better(const Neighbour& x, const Neighbour& y) {
    return x.similarity != y.similarity ? x.similarity > y.similarity : x.row < y.row;
  }

  size_t k_;
  std::vector<std::vector<Neighbour>> lists_;  ///< heaps whose first is the worst, if k_ > 0
};

}  // namespace troodon::curate
