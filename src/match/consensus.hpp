#pragma once

#include <vector>

#include "match/places.hpp"

namespace troodon::match {

/// table [a.count(), b.count()]: negative values become 0, the rest is weighed by how close it
/// comes to the best of its row and of its column, in place.
void weigh_mutual(std::vector<float>& table, const Places& a, const Places& b);

/// Each value becomes the sum over those of neighbours up to `reach` patches away in both pictures
/// alike, near ones more.
std::vector<float> neighbours_votes(const std::vector<float>& table,
                                    const Places& a,
                                    const Places& b,
                                    int64_t reach,
                                    size_t threads);

}  // namespace troodon::match
