#include "datasets/masks.hpp"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "datasets/place.hpp"
#include "formats/table.hpp"

namespace troodon::datasets {
namespace {

bool means_nothing(const std::string& name) {
  constexpr const char* kNames[] = {"unlabeled", "unlabelled", "void", "ignore", "border"};
  return std::ranges::any_of(kNames, [&](const char* known) { return name == known; });
}

/// The number that a text begins with; -1: none.
int32_t leading_number(const std::string& text) {
  int32_t value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void name_class(MaskSet& set, int32_t number, const std::string& name) {
  if (number == kIgnored) return;
  if (static_cast<size_t>(number) >= set.classes.size())
    set.classes.resize(static_cast<size_t>(number) + 1);
  set.classes[static_cast<size_t>(number)] = name;
  if (means_nothing(name)) set.ignored.insert(number);
}

void read_class_names(MaskSet& set, const fs::path& file) {
  int32_t next = 0;
  for (const std::string& line : lines_of(file)) {
    const bool comment = line.front() == '#';
    const std::string text = comment ? line.substr(line.find_first_not_of("# ")) : line;
    const int32_t number = leading_number(text);
    if (comment) {
      if (number >= 0 && text.find("ignore") != std::string::npos) set.ignored.insert(number);
      continue;
    }
    const size_t name = number < 0 ? 0 : text.find_first_of(" \t");
    next = number < 0 ? next : number;
    name_class(set,
               next++,
               name == std::string::npos ? text : text.substr(text.find_first_not_of(" \t", name)));
  }
}

/// Numbers without a name are named by themselves; without a list of names, all that occur.
void complete_names(MaskSet& set, bool listed) {
  if (!listed) {
    for (const MaskItem& item : set.items) {
      const auto plane = image::read_plane(item.mask);
      if (!plane) fail(Exit::input, "{}", plane.reason());
      for (const uint16_t value : plane->values)
        if (value != kIgnored && value >= set.classes.size()) set.classes.resize(value + 1U);
    }
  }
  for (size_t i = 0; i < set.classes.size(); ++i)
    if (set.classes[i].empty()) set.classes[i] = fmt::format("class {}", i);
}

std::vector<std::string> stems_of(const fs::path& folder, const std::string& split) {
  const fs::path lists = folder / "ImageSets" / "Segmentation";
  if (!split.empty() && fs::exists(lists)) {
    if (!fs::exists(lists / (split + ".txt")))
      fail(Exit::input, "{}: there is no {}.txt; the split is not there", lists.string(), split);
    return lines_of(lists / (split + ".txt"));
  }
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder / "SegmentationClass"))
    out.push_back(entry.path().stem().string());
  std::ranges::sort(out);
  return out;
}

MaskSet open_voc(const fs::path& folder, const std::string& split) {
  MaskSet set;
  for (const std::string& stem : stems_of(folder, split)) {
    const fs::path mask = folder / "SegmentationClass" / (stem + ".png");
    if (!fs::exists(mask))
      fail(Exit::input, "{}: the picture {} has no mask there", mask.string(), stem);
    set.items.push_back({picture_item(picture_named(folder / "JPEGImages", stem), folder), mask});
  }
  const bool listed = fs::exists(folder / "classes.txt");
  if (listed) read_class_names(set, folder / "classes.txt");
  complete_names(set, listed);
  return set;
}

/// classes.json: the value that stands for each class in masks.
void read_world_classes(MaskSet& set, const fs::path& file) try {
  name_class(set, 0, "surroundings");
  for (const auto& entry : nlohmann::json::parse(read_text(file)))
    name_class(set, entry.at("mask_value"), entry.at("name"));
} catch (const nlohmann::json::exception& error) {
  fail(Exit::input, "{}: is not troodon-world's list of classes: {}", file.string(), error.what());
}

/// The small world: masks/<split>/<class>/x.png beside <split>/<class>/x.jpg; 0 surroundings.
MaskSet open_world(const fs::path& folder, const std::string& split) {
  MaskSet set;
  const fs::path file = folder / "manifest.csv";
  const auto table = formats::read_table(file);
  const size_t path = needed_column(table, "path", file.string());
  const size_t part = needed_column(table, "split", file.string());
  read_world_classes(set, folder / "classes.json");
  for (const auto& row : table.rows) {
    if (!split.empty() && row[part] != split) continue;
    const fs::path mask = (folder / "masks" / row[path]).replace_extension(".png");
    set.items.push_back({picture_item(folder / row[path], folder), mask});
  }
  complete_names(set, /*listed=*/true);
  return set;
}

}  // namespace

bool has_splits(const fs::path& folder) {
  return fs::exists(folder / "ImageSets" / "Segmentation") || fs::exists(folder / "manifest.csv");
}

MaskSet open_masks(const fs::path& folder, const std::string& split) {
  const bool voc = fs::exists(folder / "SegmentationClass");
  if (!voc && !fs::exists(folder / "masks")) {
    fail(Exit::input,
         "{}: has neither SegmentationClass (the layout of PASCAL VOC) nor masks (the small "
         "world's); masks are needed",
         folder.string());
  }
  MaskSet set = voc ? open_voc(folder, split) : open_world(folder, split);
  if (set.items.empty())
    fail(Exit::input,
         "{}: no picture with a mask{}",
         folder.string(),
         split.empty() ? "" : " in split " + split);
  set.description = fmt::format("{}{}: {} pictures with masks, {} classes",
                                folder.string(),
                                split.empty() ? "" : " (" + split + ")",
                                set.items.size(),
                                set.classes.size());
  return set;
}

std::vector<int32_t> read_classes(const MaskSet& set, const MaskItem& item, int width, int height) {
  const auto plane = image::read_plane(item.mask);
  if (!plane) fail(Exit::input, "{}", plane.reason());
  if (plane->width != width || plane->height != height) {
    fail(Exit::input,
         "{}: the mask is {}x{}, its picture {} is {}x{}; make both of one size",
         item.mask.string(),
         plane->width,
         plane->height,
         item.picture.path,
         width,
         height);
  }
  std::vector<int32_t> out(plane->values.begin(), plane->values.end());
  for (int32_t& value : out) {
    if (set.ignored.contains(value)) value = kIgnored;
    if (value == kIgnored || value < static_cast<int32_t>(set.classes.size())) continue;
    fail(Exit::input,
         "{}: holds the value {}, but there are {} classes (0 to {}); name it in classes.txt, or "
         "write 255 where no class is meant",
         item.mask.string(),
         value,
         set.classes.size(),
         set.classes.size() - 1);
  }
  return out;
}

}  // namespace troodon::datasets
