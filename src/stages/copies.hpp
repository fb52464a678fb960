#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "curate/edge.hpp"
#include "stages/look.hpp"

namespace troodon::stages {

/// How pairs of rows (the smaller first) show that they are copies: "same file", "same picture",
/// "turned", "within margins", "part".
using Signs = std::map<std::pair<uint32_t, uint32_t>, std::string>;

/// Pairs with equal files or with fingerprints of copies (fingerprint::compare). Broken pictures
/// have none.
Signs find_copies(std::span<const Look> looks, size_t threads, const Work& work = {});

/// The same between two sets: (row of the first, row of the second).
Signs find_copies(std::span<const Look> looks,
                  std::span<const Look> others,
                  size_t threads,
                  const Work& work);

/// Pairs with equal files alone.
Signs equal_files(std::span<const Look> looks);

/// The edges of a similarity graph, and pairs of copies with cosine 1, each pair once, ascending.
std::vector<curate::Edge> with_copies(std::vector<curate::Edge> edges, const Signs& copies);

}  // namespace troodon::stages
