#pragma once

#include <span>

#include "graph/walk.hpp"

namespace troodon::graph {

/// Which of a row's candidates (ascending) it links to, at most `places`: one that is nearer to a
/// row already chosen is reached through that, so that links lead in different directions. To
/// scratch.chosen; uses scratch.other. Source: Malkov and Yashunin 2018, algorithm 4.
void choose(const Body& body, std::span<const Key> candidates, int64_t places, Scratch& scratch);

}  // namespace troodon::graph
