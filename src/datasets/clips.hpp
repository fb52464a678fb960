#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"
#include "image/plane.hpp"

namespace troodon::datasets {

/// A film as pictures, with masks of some of its frames.
struct Clip {
  std::string name;
  std::vector<data::Item> frames;
  std::vector<fs::path> masks;  ///< [frames]; empty where there is none
};

/// Opens a folder in the layout of DAVIS: JPEGImages[/480p]/CLIP/00000.jpg and Annotations
/// likewise; ImageSets, where it is, is not needed. Frames before a clip's first mask are left out.
/// Throws Error (exit 4).
std::vector<Clip> open_clips(const fs::path& folder);

/// Object numbers, 0 the surroundings: a mask whose only other value is 255 shows object 1; in one
/// with several objects 255 means nothing and becomes 0. Throws Error (exit 4).
image::Plane read_objects(const fs::path& mask);

}  // namespace troodon::datasets
