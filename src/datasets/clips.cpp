#include "datasets/clips.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "datasets/place.hpp"

namespace troodon::datasets {
namespace {

/// JPEGImages/480p where that is how the set is laid out, else JPEGImages.
fs::path resolution_of(const fs::path& folder) {
  return fs::exists(folder / "480p") ? folder / "480p" : folder;
}

std::map<std::string, fs::path> files_by_stem(const fs::path& folder) {
  std::map<std::string, fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) out[entry.path().stem().string()] = entry.path();
  return out;
}

Clip clip_of(const fs::path& folder, const fs::path& frames, const fs::path& masks) {
  Clip clip{.name = frames.filename().string()};
  const auto known = files_by_stem(masks);
  for (const auto& [stem, file] : files_by_stem(frames)) {
    const auto found = known.find(stem);
    if (clip.frames.empty() && found == known.end()) continue;
    clip.frames.push_back(picture_item(file, folder));
    clip.masks.push_back(found == known.end() ? fs::path() : found->second);
  }
  return clip;
}

}  // namespace

std::vector<Clip> open_clips(const fs::path& folder) {
  const fs::path pictures = resolution_of(folder / "JPEGImages");
  const fs::path masks = resolution_of(folder / "Annotations");
  if (!fs::exists(pictures) || !fs::exists(masks))
    fail(Exit::input,
         "{}: has no JPEGImages and Annotations, the layout of DAVIS that clips have",
         folder.string());
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(pictures))
    if (entry.is_directory() && fs::exists(masks / entry.path().filename()))
      folders.push_back(entry.path());
  std::ranges::sort(folders);
  std::vector<Clip> out;
  for (const fs::path& frames : folders) {
    Clip clip = clip_of(folder, frames, masks / frames.filename());
    if (clip.frames.size() > 1) out.push_back(std::move(clip));
  }
  if (out.empty()) fail(Exit::input, "{}: no clip with frames and a mask", pictures.string());
  return out;
}

image::Plane read_objects(const fs::path& mask) {
  auto plane = image::read_plane(mask);
  if (!plane) fail(Exit::input, "{}", plane.reason());
  const bool several =
      std::ranges::any_of(plane->values, [](uint16_t v) { return v != 0 && v != 255; });
  for (uint16_t& value : plane->values)
    if (value == 255) value = several ? 0 : 1;
  return std::move(*plane);
}

}  // namespace troodon::datasets
