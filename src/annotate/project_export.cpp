#include "annotate/project_export.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "exports/datasets.hpp"
#include "exports/mask.hpp"
#include "exports/regions.hpp"

namespace troodon::annotate {
namespace {

constexpr std::array<const char*, 4> kLayouts = {"coco", "yolo", "voc", "png"};

/// A picture's shapes as they go out: largest first, so that smaller ones lie above.
struct Page {
  PictureFile file;
  std::string stem;
  int width = 0, height = 0;
  std::vector<std::pair<int32_t, Mask>> shapes;  ///< class, mask
};

std::vector<int32_t> labels_of(const Mask& mask, int32_t label) {
  std::vector<int32_t> out(mask.inside.size());
  std::ranges::transform(
      mask.inside, out.begin(), [label](uint8_t in) { return in != 0 ? label : -1; });
  return out;
}

std::vector<Page> pages_of(
    const Project& project,
    const std::function<std::optional<PictureFile>(const std::string& ref)>& of,
    const ExportOptions& options,
    Exported& done) {
  std::vector<Page> out;
  for (const auto& [ref, shapes] : project.pictures) {
    Page page;
    for (const Shape& shape : shapes) {
      if (shape.state == State::rejected || (shape.state == State::draft && !options.drafts))
        continue;
      if (page.shapes.empty()) page.width = shape.width, page.height = shape.height;
      if (shape.width != page.width || shape.height != page.height)
        fail(Exit::input,
             "picture {}: its shapes are of {} x {} and of {} x {} pixels",
             ref,
             page.width,
             page.height,
             shape.width,
             shape.height);
      page.shapes.emplace_back(shape.label, shape.mask());
    }
    if (page.shapes.empty()) continue;
    const auto file = of(ref);
    if (!file) {
      done.missing.push_back(ref);
      continue;
    }
    page.file = *file;
    std::ranges::stable_sort(
        page.shapes, std::greater<>(), [](const auto& shape) { return area_of(shape.second); });
    done.shapes += static_cast<int64_t>(page.shapes.size());
    out.push_back(std::move(page));
  }
  std::vector<std::string> names;
  for (const Page& page : out) names.push_back(page.file.name);
  const auto stems = exports::file_stems(names, /*flat=*/true);
  for (size_t i = 0; i < out.size(); ++i) out[i].stem = stems[i];
  done.pictures = static_cast<int64_t>(out.size());
  return out;
}

/// All shapes on one sheet: their classes (or, numbered, their places) plus `plus`, 0 where none
/// is.
std::string sheet_png(const Page& page, size_t classes, bool numbered) {
  std::vector<int32_t> labels(static_cast<size_t>(page.width) * page.height, 0);
  for (size_t n = 0; n < page.shapes.size(); ++n) {
    const auto& [label, mask] = page.shapes[n];
    for (size_t i = 0; i < labels.size(); ++i) {
      if (mask.inside[i] != 0) labels[i] = numbered ? static_cast<int32_t>(n) + 1 : label + 1;
    }
  }
  return exports::index_png({page.width, page.height, labels}, classes + 1);
}

/// One annotation; polygons in place of run lengths where asked for.
std::string annotation_of(int32_t label, const Mask& mask, bool polygons) {
  const std::vector<int32_t> labels = labels_of(mask, label);
  const exports::Mask seen{mask.width, mask.height, labels};
  const auto texts = exports::coco_annotations(seen);
  if (!polygons || texts.empty()) return texts.empty() ? "" : texts[0];
  auto object = nlohmann::ordered_json::parse(texts[0]);
  auto rings = nlohmann::ordered_json::array();
  for (const auto& region : exports::regions_of(seen, {.min_area = 1})) {
    auto ring = nlohmann::ordered_json::array();
    for (const auto& point : exports::joined(region)) {
      ring.push_back(point.x);
      ring.push_back(point.y);
    }
    rings.push_back(std::move(ring));
  }
  object["segmentation"] = std::move(rings);
  return object.dump();
}

class Writer {
 public:
  Writer(const ExportOptions& options, Exported& done) : options_(options), done_(done) {}

  void text(const std::string& name, std::string_view content) {
    write_atomically(options_.out / name, content);
    done_.files.push_back(name);
  }
  /// Copies a page's picture into a folder, by its own extension.
  void picture(const Page& page, const std::string& folder) {
    if (page.file.file.empty()) return;
    const std::string name = folder + page.stem + page.file.file.extension().string();
    const std::vector<std::byte> bytes = read_bytes(page.file.file);
    text(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void remember(const std::string& name) { done_.files.push_back(name); }
  fs::path place(const std::string& name) const { return options_.out / name; }

 private:
  const ExportOptions& options_;
  Exported& done_;
};

void write_coco(const Project& project,
                const std::vector<Page>& pages,
                bool polygons,
                Writer& out) {
  std::vector<exports::CocoPicture> pictures;
  for (const Page& page : pages) {
    exports::CocoPicture one{
        .file_name = page.file.name, .width = page.width, .height = page.height};
    for (const auto& [label, mask] : page.shapes) {
      std::string text = annotation_of(label, mask, polygons);
      if (!text.empty()) one.annotations.push_back(std::move(text));
    }
    pictures.push_back(std::move(one));
  }
  exports::write_coco(out.place("annotations.json"),
                      project.classes,
                      pictures,
                      "drawn by people, with masks of clicks");
  out.remember("annotations.json");
}

void write_yolo(const Project& project, const std::vector<Page>& pages, Writer& out) {
  out.text("data.yaml", exports::yolo_data(project.classes, "people drew"));
  for (const Page& page : pages) {
    std::string lines;
    for (const auto& [label, mask] : page.shapes) {
      const std::vector<int32_t> labels = labels_of(mask, label);
      lines += exports::yolo_labels({mask.width, mask.height, labels});
    }
    out.text("labels/train/" + page.stem + ".txt", lines);
    out.picture(page, "images/train/");
  }
}

void write_voc(const Project& project, const std::vector<Page>& pages, Writer& out) {
  std::vector<std::string> classes = {"background"};
  classes.insert(classes.end(), project.classes.begin(), project.classes.end());
  out.text("classes.txt", exports::voc_classes(classes));
  std::string list;
  for (const Page& page : pages) {
    out.text("SegmentationClass/" + page.stem + ".png",
             sheet_png(page, project.classes.size(), /*numbered=*/false));
    out.text("SegmentationObject/" + page.stem + ".png",
             sheet_png(page, page.shapes.size(), /*numbered=*/true));
    out.picture(page, "JPEGImages/");
    list += page.stem + "\n";
  }
  out.text("ImageSets/Segmentation/train.txt", list);
}

}  // namespace

Layout layout_of(const std::string& word) {
  const auto* found = std::ranges::find(kLayouts, word);
  if (found == kLayouts.end())
    fail(Exit::usage, "labels are exported as coco, yolo, voc or png, not as '{}'", word);
  return static_cast<Layout>(found - kLayouts.begin());
}

Exported export_project(const Project& project,
                        const std::function<std::optional<PictureFile>(const std::string& ref)>& of,
                        const ExportOptions& options) {
  Exported done;
  const std::vector<Page> pages = pages_of(project, of, options, done);
  Writer out(options, done);
  switch (options.layout) {
    case Layout::coco:
      write_coco(project, pages, options.polygons, out);
      break;
    case Layout::yolo:
      write_yolo(project, pages, out);
      break;
    case Layout::voc:
      write_voc(project, pages, out);
      break;
    case Layout::png: {
      std::vector<std::string> classes = {"none"};
      classes.insert(classes.end(), project.classes.begin(), project.classes.end());
      out.text("classes.txt", exports::voc_classes(classes));
      for (const Page& page : pages)
        out.text(page.stem + ".png", sheet_png(page, project.classes.size(), false));
    }
  }
  return done;
}

}  // namespace troodon::annotate
