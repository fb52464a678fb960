#include "exports/datasets.hpp"

#include <algorithm>
#include <ostream>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "exports/rle.hpp"

namespace troodon::exports {
namespace {

using nlohmann::ordered_json;

/// Pixels inside, and the smallest box around them: x, y, width, height.
struct Extent {
  int64_t area = 0;
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// Of counts as run_lengths() gives them.
Extent extent_of(const std::vector<uint32_t>& counts, int height) {
  Extent out{.left = INT32_MAX, .top = height};
  int64_t at = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const int64_t end = at + counts[i];
    if (i % 2 == 1) {
      const bool wraps = at / height != (end - 1) / height;  // from one column into the next
      out.area += counts[i];
      out.left = std::min(out.left, static_cast<int>(at / height));
      out.right = std::max(out.right, static_cast<int>((end - 1) / height) + 1);
      out.top = wraps ? 0 : std::min(out.top, static_cast<int>(at % height));
      out.bottom = wraps ? height : std::max(out.bottom, static_cast<int>((end - 1) % height) + 1);
    }
    at = end;
  }
  return out;
}

/// A name in YAML, whatever is in it.
std::string quoted(const std::string& name) {
  return ordered_json(name).dump();
}

std::string without_extension(const std::string& id) {
  return fs::path(id).replace_extension().generic_string();
}

}  // namespace

std::vector<std::string> coco_annotations(const Mask& mask) {
  std::vector<std::string> out;
  for (const auto& [label, counts] : run_lengths(mask)) {
    const Extent extent = extent_of(counts, mask.height);
    out.push_back(ordered_json{
        {"category_id", label + 1},
        {"segmentation", {{"size", {mask.height, mask.width}}, {"counts", compressed(counts)}}},
        {"area", extent.area},
        {"bbox", {extent.left, extent.top, extent.right - extent.left, extent.bottom - extent.top}},
        {"iscrowd",
         0}}.dump());
  }
  return out;
}

void write_coco(const fs::path& path,
                const std::vector<std::string>& classes,
                const std::vector<CocoPicture>& pictures,
                const std::string& origin) {
  write_atomically(path, [&](std::ostream& out) {
    out << R"({"info": {"description": )" << quoted(origin) << "},\n";
    out << R"("licenses": [],)" << "\n" << R"("images": [)";
    for (size_t i = 0; i < pictures.size(); ++i) {
      const CocoPicture& picture = pictures[i];
      out << (i == 0 ? "\n" : ",\n")
          << ordered_json{{"id", i + 1},
                          {"file_name", picture.file_name},
                          {"width", picture.width},
                          {"height", picture.height}}
                 .dump();
    }
    out << "],\n" << R"("categories": [)";
    for (size_t i = 0; i < classes.size(); ++i) {
      out << (i == 0 ? "\n" : ",\n")
          << ordered_json{{"id", i + 1}, {"name", classes[i]}, {"supercategory", ""}}.dump();
    }
    out << "],\n" << R"("annotations": [)";
    int64_t id = 0;
    for (size_t i = 0; i < pictures.size(); ++i) {
      for (const std::string& text : pictures[i].annotations) {
        const std::string start = fmt::format(R"({{"id":{},"image_id":{},)", ++id, i + 1);
        out << (id == 1 ? "\n" : ",\n") << start << std::string_view(text).substr(1);
      }
    }
    out << "]}\n";
  });
}

std::string yolo_labels(const Mask& mask, const RegionOptions& options) {
  std::string out;
  for (const Region& region : regions_of(mask, options)) {
    out += std::to_string(region.label);
    for (const Point& point : joined(region))
      out += fmt::format(" {:.6g} {:.6g}", point.x / mask.width, point.y / mask.height);
    out += '\n';
  }
  return out;
}

std::string yolo_data(const std::vector<std::string>& classes, const std::string& origin) {
  std::string out = "# Labels that " + origin +
                    "; train and val are the same pictures.\n"
                    "path: .\ntrain: images/train\nval: images/train\nnames:\n";
  for (size_t i = 0; i < classes.size(); ++i)
    out += fmt::format("  {}: {}\n", i, quoted(classes[i]));
  return out;
}

std::string voc_classes(const std::vector<std::string>& classes) {
  if (classes.size() > static_cast<size_t>(kNoClass))
    fail(Exit::input,
         "masks in PASCAL VOC's layout tell {} classes apart, and there are {}; use png or "
         "coco",
         kNoClass,
         classes.size());
  std::string out;
  for (size_t i = 0; i < classes.size(); ++i) {
    std::string name = classes[i];
    std::ranges::replace(name, '\n', ' ');
    out += fmt::format("{} {}\n", i, name);
  }
  return out;
}

std::vector<std::string> file_stems(const std::vector<std::string>& ids, bool flat) {
  const auto spelled = [flat](std::string id) {
    // An id may come from anybody's manifest: it never leads out of the folder.
    std::string out;
    for (const fs::path& part : fs::path(id).relative_path()) {
      if (part == "." || part == "..") continue;
      out += (out.empty() ? "" : "/") + part.string();
    }
    if (flat) std::ranges::replace(out, '/', '_');
    return out;
  };
  std::map<std::string, int> count;
  for (const std::string& id : ids) ++count[without_extension(spelled(id))];
  std::map<std::string, int> used;
  std::vector<std::string> out;
  for (const std::string& id : ids) {
    const std::string whole = spelled(id), stem = without_extension(whole);
    std::string name = count[stem] == 1 ? stem : whole;
    if (const int again = used[name]++; again > 0) name += fmt::format("_{}", again + 1);
    out.push_back(name);
  }
  return out;
}

}  // namespace troodon::exports
