#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "explore/neighbourhood.hpp"

namespace troodon::explore {

struct MapOptions {
  double min_distance = 0.1;  ///< how near points may lie, in units of the map's spread
  int64_t epochs = 0;         ///< 0: 500 up to 10,000 rows, else 200
  int64_t negatives = 5;      ///< pushes for each pull
  uint64_t seed = 0;
};

/// Where rows lie in two dimensions, likes near likes: [rows, 2] in -1..1, of one scale. Same
/// input, same bits. UMAP (McInnes, Healy, Melville 2018): fuzzy neighbourhoods, laid out from the
/// two strongest principal components by pulls along edges and pushes from random rows.
std::vector<float> map(const Matrix& unit,
                       const Neighbours& neighbours,
                       const MapOptions& options = {});

/// The two strongest principal components: [rows, 2] in -1..1, of one scale.
std::vector<float> pca_map(const Matrix& rows);

/// Shifts and scales [rows, 2] to -1..1, both axes by one factor.
void fit_to_frame(std::vector<float>& places);

/// 0.5 (chance) to 1: how few of a point's k neighbours on the map were far from it before (Venna
/// and Kaski 2001). low [rows, 2]; k below half of the rows.
double trustworthiness(const Matrix& unit, std::span<const float> low, int64_t k = 12);

}  // namespace troodon::explore
