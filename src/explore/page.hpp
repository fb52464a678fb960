#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "explore/clusters.hpp"
#include "explore/duplicates.hpp"
#include "explore/map.hpp"
#include "image/pixels.hpp"

namespace troodon::explore {

/// All that can be said of a collection without a word about what is in it.
struct Exploration {
  std::vector<float> places;    ///< [rows, 2] of the map, -1..1
  std::vector<float> outliers;  ///< [rows], 0..1
  Clusters clusters;
  std::vector<DuplicateGroup> duplicates;  ///< copies and stricter
};

struct ExploreOptions {
  int64_t neighbours = 15;
  bool pca = false;  ///< the map by principal components
  MapOptions map;
  ClusterOptions clusters;
  DuplicateOptions duplicates;
  Tier tier = Tier::copy;
  size_t threads = 0;
};

/// Everything at once. features of any length (copied and normalised); facts [rows] or empty.
Exploration explore(const index::Features& features,
                    std::span<const PictureFacts> facts = {},
                    const ExploreOptions& options = {});

struct PageOptions {
  std::string title = "Exploration";
  std::string subtitle;
  int64_t clusters = 24;  ///< shown
  int64_t outliers = 24;
  int64_t groups = 24;       ///< of duplicates
  int64_t thumbnails = 400;  ///< on the map; points for the others
};

/// A picture by its row, at whatever size; none where it can't be read or there is none.
using Thumbnails = std::function<std::optional<image::Image>(int64_t row)>;

/// One self-contained HTML file: the map, clusters with examples, outliers, duplicates.
std::string page_html(const index::Features& features,
                      const Exploration& exploration,
                      const Thumbnails& thumbnails,
                      const PageOptions& options = {});

}  // namespace troodon::explore
