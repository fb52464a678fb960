#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"

namespace troodon::datasets {

/// What is right and wrong among the pictures for a query; indices into Landmarks::pictures.
struct LandmarkQuery {
  data::Item picture;
  std::array<double, 4> box = {};  ///< left, top, right, bottom in pixels; all 0: the whole picture
  std::vector<int64_t> easy, hard, junk;
};

struct Landmarks {
  data::Source pictures;
  std::vector<LandmarkQuery> queries;
};

/// Opens gnd.json of the structure of Revisited Oxford and Paris (imlist, qimlist, gnd with bbx,
/// easy, hard, junk) and its pictures, in images/ (or jpg/) beside it. Throws Error (exit 4).
Landmarks open_landmarks(const fs::path& folder);

}  // namespace troodon::datasets
