#include "annotate/cut/max_flow.hpp"

#include <algorithm>
#include <limits>

namespace troodon::annotate {

MaxFlow::MaxFlow(int32_t nodes, size_t edges)
    : first_(static_cast<size_t>(nodes), kNone),
      parent_(static_cast<size_t>(nodes), kNone),
      distance_(static_cast<size_t>(nodes)),
      stamp_(static_cast<size_t>(nodes)),
      tree_(static_cast<size_t>(nodes), Tree::none),
      terminal_(static_cast<size_t>(nodes)),
      active_(static_cast<size_t>(nodes)) {
  arcs_.reserve(2 * edges);
}

void MaxFlow::add_terminal(int32_t node, float from_source, float to_sink) {
  const float before = terminal_[node];
  if (before > 0)
    from_source += before;
  else
    to_sink -= before;
  flow_ += std::min(from_source, to_sink);
  terminal_[node] = from_source - to_sink;
}

void MaxFlow::add_edge(int32_t a, int32_t b, float weight) {
  const auto at = static_cast<int32_t>(arcs_.size());
  arcs_.push_back({b, first_[a], weight});
  arcs_.push_back({a, first_[b], weight});
  first_[a] = at, first_[b] = at + 1;
}

void MaxFlow::activate(int32_t node) {
  if (active_[node] != 0) return;
  active_[node] = 1;
  queue_.push_back(node);
}

int32_t MaxFlow::next_active() {
  while (head_ < queue_.size()) {
    const int32_t node = queue_[head_++];
    active_[node] = 0;
    if (head_ > 65536 && head_ * 2 > queue_.size()) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(head_));
      head_ = 0;
    }
    if (tree_[node] != Tree::none) return node;
  }
  return kNone;
}

/// Of an arc that leaves a tree's node: what still fits through it in the direction of the flow.
float MaxFlow::rest_to_child(int32_t arc, Tree tree) const {
  return tree == Tree::source ? arcs_[arc].rest : arcs_[arc ^ 1].rest;
}

int32_t MaxFlow::grow(int32_t node) {
  const Tree mine = tree_[node];
  for (int32_t arc = first_[node]; arc != kNone; arc = arcs_[arc].next) {
    if (rest_to_child(arc, mine) <= 0) continue;
    const int32_t other = arcs_[arc].to;
    if (tree_[other] == Tree::none) {
      tree_[other] = mine;
      parent_[other] = arc ^ 1;
      stamp_[other] = stamp_[node];
      distance_[other] = distance_[node] + 1;
      activate(other);
    } else if (tree_[other] != mine) {
      return mine == Tree::source ? arc : arc ^ 1;
    } else if (stamp_[other] <= stamp_[node] && distance_[other] > distance_[node]) {
      parent_[other] = arc ^ 1;  // a shorter way to the root
      stamp_[other] = stamp_[node];
      distance_[other] = distance_[node] + 1;
    }
  }
  return kNone;
}

void MaxFlow::augment(int32_t middle) {
  float least = arcs_[middle].rest;
  int32_t node = arcs_[middle ^ 1].to;
  for (; parent_[node] >= 0; node = arcs_[parent_[node]].to)
    least = std::min(least, arcs_[parent_[node] ^ 1].rest);
  least = std::min(least, terminal_[node]);
  for (node = arcs_[middle].to; parent_[node] >= 0; node = arcs_[parent_[node]].to)
    least = std::min(least, arcs_[parent_[node]].rest);
  least = std::min(least, -terminal_[node]);

  const auto orphan = [&](int32_t n) {
    parent_[n] = kOrphan;
    orphans_.push_back(n);
  };
  arcs_[middle].rest -= least;
  arcs_[middle ^ 1].rest += least;
  for (node = arcs_[middle ^ 1].to; parent_[node] >= 0;) {
    const int32_t arc = parent_[node];
    arcs_[arc].rest += least;
    arcs_[arc ^ 1].rest -= least;
    const int32_t above = arcs_[arc].to;
    if (arcs_[arc ^ 1].rest <= 0) orphan(node);
    node = above;
  }
  terminal_[node] -= least;
  if (terminal_[node] <= 0) orphan(node);
  for (node = arcs_[middle].to; parent_[node] >= 0;) {
    const int32_t arc = parent_[node];
    arcs_[arc].rest -= least;
    arcs_[arc ^ 1].rest += least;
    const int32_t above = arcs_[arc].to;
    if (arcs_[arc].rest <= 0) orphan(node);
    node = above;
  }
  terminal_[node] += least;
  if (terminal_[node] >= 0) orphan(node);
  flow_ += least;
}

/// Whether the way up ends at a terminal; steps: how long it is. Marks what it learnt on the way.
bool MaxFlow::rooted(int32_t node, int32_t& steps) {
  steps = 0;
  for (int32_t at = node;;) {
    if (stamp_[at] == time_) {
      steps += distance_[at];
      return true;
    }
    ++steps;
    if (parent_[at] == kTerminal) {
      stamp_[at] = time_;
      distance_[at] = 1;
      return true;
    }
    if (parent_[at] < 0) return false;
    at = arcs_[parent_[at]].to;
  }
}

void MaxFlow::adopt_one(int32_t node) {
  const Tree mine = tree_[node];
  int32_t best = kNone, shortest = std::numeric_limits<int32_t>::max();
  for (int32_t arc = first_[node]; arc != kNone; arc = arcs_[arc].next) {
    const int32_t other = arcs_[arc].to;
    if (tree_[other] != mine || rest_to_child(arc ^ 1, mine) <= 0) continue;
    int32_t steps = 0;
    if (!rooted(other, steps)) continue;
    if (steps < shortest) shortest = steps, best = arc;
    for (int32_t at = other; stamp_[at] != time_; at = arcs_[parent_[at]].to) {
      stamp_[at] = time_;
      distance_[at] = steps--;
    }
  }
  parent_[node] = best;
  if (best != kNone) {
    stamp_[node] = time_;
    distance_[node] = shortest + 1;
    return;
  }
  for (int32_t arc = first_[node]; arc != kNone; arc = arcs_[arc].next) {
    const int32_t other = arcs_[arc].to;
    if (tree_[other] != mine) continue;
    if (rest_to_child(arc ^ 1, mine) > 0) activate(other);
    if (parent_[other] >= 0 && arcs_[parent_[other]].to == node) {
      parent_[other] = kOrphan;
      orphans_.push_back(other);
    }
  }
  tree_[node] = Tree::none;
}

void MaxFlow::adopt() {
  ++time_;
  for (size_t i = 0; i < orphans_.size(); ++i) adopt_one(orphans_[i]);
  orphans_.clear();
}

double MaxFlow::solve() {
  for (int32_t node = 0; node < static_cast<int32_t>(first_.size()); ++node) {
    if (terminal_[node] == 0) continue;
    tree_[node] = terminal_[node] > 0 ? Tree::source : Tree::sink;
    parent_[node] = kTerminal;
    distance_[node] = 1;
    activate(node);
  }
  for (int32_t node = next_active(); node != kNone; node = next_active()) {
    for (int32_t middle = grow(node); middle != kNone;
         middle = tree_[node] == Tree::none ? kNone : grow(node)) {
      augment(middle);
      adopt();
    }
  }
  return flow_;
}

}  // namespace troodon::annotate
