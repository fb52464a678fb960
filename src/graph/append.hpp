#pragma once

#include "graph/body.hpp"

namespace troodon::graph {

/// Room, codes, originals and layers of new rows, whose links are all empty. Throws Error (exit 4)
/// for rows that the graph cannot hold.
void append(Body& body, const index::Matrix& rows, size_t threads);

}  // namespace troodon::graph
