#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"

namespace troodon::datasets {

/// A pinhole camera, in pixels of the picture.
struct Intrinsics {
  double fx = 0, fy = 0, cx = 0, cy = 0;
};

struct DepthItem {
  data::Item picture;
  fs::path depth;
  double scale = 1000;  ///< stored value / scale = metres
  std::optional<Intrinsics> camera;
};

/// Pictures with metric depth.
struct DepthSet {
  std::vector<DepthItem> items;
  std::string description;
};

struct DepthSelection {
  std::string split;  ///< "": all
  std::string group;  ///< rows of that value in the column group; "": all
};

/// Opens a folder with depth.csv (rgb, depth[, group, split, depth_scale_per_metre, "fx fy cx cy"])
/// or of the small world (manifest.csv, depth/, millimetres). Throws Error (exit 4).
DepthSet open_depth(const fs::path& folder, const DepthSelection& selection = {});

/// Metres, 0 where nothing was measured (0 and 65535 as stored, and what is not finite): [height,
/// width]. From 16-bit PNG and PGM, and .npy of floats or integers. Throws Error (exit 4) if its
/// size is not the picture's.
std::vector<double> read_depth(const DepthItem& item, int width, int height);

}  // namespace troodon::datasets
