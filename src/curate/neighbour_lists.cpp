#include "curate/neighbour_lists.hpp"

#include <algorithm>
#include <tuple>

#include "base/bytes.hpp"

namespace troodon::curate {

void NeighbourLists::offer(uint32_t row, uint32_t other, float similarity) {
  std::vector<Neighbour>& list = lists_[row];
  const Neighbour neighbour{other, similarity};
  if (k_ == 0) {
    list.push_back(neighbour);
    return;
  }
  const bool full = list.size() == k_;
  if (full && !better(neighbour, list.front())) return;
  if (std::ranges::find(list, other, &Neighbour::row) != list.end()) return;
  if (full) {
    std::ranges::pop_heap(list, better);
    list.back() = neighbour;
  } else {
    list.push_back(neighbour);
  }
  std::ranges::push_heap(list, better);
}

void NeighbourLists::offer(std::span<const Edge> pairs) {
  for (const Edge& pair : pairs) {
    offer(pair.a, pair.b, pair.similarity);
    offer(pair.b, pair.a, pair.similarity);
  }
}

std::string NeighbourLists::take() {
  std::vector<Edge> directed;
  for (uint32_t row = 0; row < lists_.size(); ++row) {
    for (const Neighbour& n : lists_[row]) directed.push_back({row, n.row, n.similarity});
    lists_[row] = {};
  }
  return ByteWriter().put(directed).take();
}

void NeighbourLists::offer_taken(std::string_view piece) {
  std::vector<Edge> directed;
  ByteReader(piece).get(directed);
  for (const Edge& edge : directed) offer(edge.a, edge.b, edge.similarity);
}

NeighbourLists::Edges NeighbourLists::edges() && {
  Edges out;
  for (uint32_t row = 0; row < lists_.size(); ++row) {
    std::vector<Neighbour> list = std::move(lists_[row]);
    std::ranges::sort(list, {}, &Neighbour::row);
    list.erase(std::unique(list.begin(),
                           list.end(),
                           [](const Neighbour& x, const Neighbour& y) { return x.row == y.row; }),
               list.end());
    out.directed += static_cast<int64_t>(list.size());
    for (const Neighbour& n : list)
      out.edges.push_back({std::min(row, n.row), std::max(row, n.row), n.similarity});
  }
  std::ranges::sort(out.edges, {}, [](const Edge& e) { return std::pair(e.a, e.b); });
  const auto same = [](const Edge& x, const Edge& y) { return x.a == y.a && x.b == y.b; };
  out.edges.erase(std::unique(out.edges.begin(), out.edges.end(), same), out.edges.end());
  return out;
}

}  // namespace troodon::curate
