#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"
#include "image/plane.hpp"

namespace troodon::datasets {

/// A mask's value where no class is meant: mmseg's ignore_index.
inline constexpr int32_t kIgnored = 255;

/// A picture and the file with a class number for each of its pixels.
struct MaskItem {
  data::Item picture;
  fs::path mask;
};

/// Pictures with masks.
struct MaskSet {
  std::vector<MaskItem> items;
  std::vector<std::string> classes;  ///< names of numbers 0, 1, ...
  std::set<int32_t> ignored;         ///< numbers that mean nothing, besides 255
  std::string description;
};

/// Opens a folder in the layout of PASCAL VOC (JPEGImages, SegmentationClass, and, where they are,
/// ImageSets/Segmentation/SPLIT.txt and classes.txt), or of the small world (manifest.csv, masks/).
/// classes.txt: a line "NUMBER NAME" each; "# NUMBER = ... ignore" and the names unlabeled, void,
/// ignore and border are not learnt. `split` "": all pictures. Throws Error (exit 4).
MaskSet open_masks(const fs::path& folder, const std::string& split = "");

/// Whether the layout has lists of splits; without, all pictures are one.
bool has_splits(const fs::path& folder);

/// The class of each pixel, kIgnored where none is meant: [height, width]. Throws Error (exit 4) on
/// an unreadable mask, a size other than the picture's or a number without a class.
std::vector<int32_t> read_classes(const MaskSet& set, const MaskItem& item, int width, int height);

}  // namespace troodon::datasets
