#include "apply/label_files.hpp"

#include <algorithm>
#include <numeric>
#include <ostream>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "data/images.hpp"
#include "exports/datasets.hpp"
#include "formats/table.hpp"
#include "image/encode.hpp"

namespace troodon::apply {
namespace {

using infer::ClassPrediction;
using infer::DepthPrediction;
using infer::MaskPrediction;
using infer::Task;

constexpr size_t kTop = 5;
constexpr int kQuality = 92;  // of JPEG files that show something

/// A picture for somebody's data set: its own file where that shows the same pixels to every
/// program (no turning by EXIF, a format that all know), else a PNG.
struct Shipped {
  std::string extension;
  std::string bytes;
};

Shipped shipped(const data::Item& item, const image::Image& picture) {
  std::string extension = fs::path(item.id).extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  if (extension == ".jpg" || extension == ".jpeg" || extension == ".png") {
    const auto stored = data::read_stored(item);
    const auto plain = stored ? image::decode(*stored, {.orientation = image::Orientation::ignore})
                              : Result<image::Image>(Failure{});
    if (plain && plain->width == picture.width && plain->pixels == picture.pixels)
      return {extension == ".jpeg" ? ".jpg" : extension,
              {reinterpret_cast<const char*>(stored->data()), stored->size()}};
  }
  return {".png", image::encode_png(picture)};
}

HeadRecord write_masks(const HeadPlace& place,
                       const Named& named,
                       const image::Image& picture,
                       const MaskPrediction& said) {
  const exports::Mask mask{said.width, said.height, said.labels};
  const auto wants = [&](const char* format) { return place.formats.contains(format); };
  HeadRecord out;
  if (wants("coco")) out.coco = exports::coco_annotations(mask);
  if (wants("png"))
    write_atomically(place.folder / "png" / (named.stem + ".png"),
                     exports::index_png(mask, place.classes.size()));
  if (wants("overlay"))
    write_atomically(place.folder / "overlay" / (named.stem + ".jpg"),
                     image::encode_jpeg(exports::overlay(picture, mask), kQuality));
  if (!wants("yolo") && !wants("voc")) return out;
  const Shipped copy = shipped(named.item, picture);
  if (wants("yolo")) {
    const fs::path folder = place.folder / "yolo";
    write_atomically(folder / "images/train" / (named.flat + copy.extension), copy.bytes);
    write_atomically(folder / "labels/train" / (named.flat + ".txt"), exports::yolo_labels(mask));
  }
  if (wants("voc")) {
    const fs::path folder = place.folder / "voc";
    write_atomically(folder / "JPEGImages" / (named.flat + copy.extension), copy.bytes);
    write_atomically(folder / "SegmentationClass" / (named.flat + ".png"),
                     exports::index_png(mask, place.classes.size()));
  }
  return out;
}

exports::Camera camera_for(const image::Image& picture, const PredictOptions& options) {
  if (!options.intrinsics)
    return exports::camera_of_view(picture.width, picture.height, options.field_of_view);
  const auto& [fx, fy, cx, cy] = *options.intrinsics;
  return {.fx = fx, .fy = fy, .cx = cx, .cy = cy, .origin = "given"};
}

HeadRecord write_depths(const HeadPlace& place,
                        const Named& named,
                        const image::Image& picture,
                        const DepthPrediction& said,
                        const PredictOptions& options) {
  const exports::Depth depth{said.width, said.height, said.metres};
  const exports::DepthRange range = exports::range_of(depth);
  const auto file = [&](const char* format, const char* extension) {
    return place.folder / format / (named.stem + extension);
  };
  const auto wants = [&](const char* format) { return place.formats.contains(format); };
  if (wants("color")) {
    write_atomically(file("color", ".json"), exports::depth_legend(range));
    write_atomically(file("color", ".png"),
                     image::encode_png(exports::depth_picture(depth, range)));
  }
  if (wants("png16")) write_atomically(file("png16", ".png"), exports::depth_png16(depth));
  if (wants("npy")) exports::write_depth(file("npy", ".npy"), depth);
  if (wants("ply"))
    write_atomically(file("ply", ".ply"),
                     exports::point_cloud(depth, picture, camera_for(picture, options)));
  return {.near = range.near, .far = range.far};
}

HeadRecord best_of(const ClassPrediction& said) {
  std::vector<int64_t> order(said.probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  const size_t count = std::min(kTop, order.size());
  const auto better = [&](int64_t a, int64_t b) {
    const float x = said.probabilities[static_cast<size_t>(a)],
                y = said.probabilities[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  };
  std::partial_sort(
      order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(), better);
  HeadRecord out;
  for (size_t i = 0; i < count; ++i)
    out.top.emplace_back(order[i], said.probabilities[static_cast<size_t>(order[i])]);
  return out;
}

void write_table(const fs::path& file,
                 const HeadPlace& place,
                 const std::vector<Record>& records,
                 size_t head) {
  const auto name = [&](int64_t label) { return place.classes.at(static_cast<size_t>(label)); };
  write_atomically(file, [&](std::ostream& out) {
    out << "path,class,probability,top5\n";
    for (const Record& record : records) {
      const auto& top = record.heads[head].top;
      if (top.empty()) continue;
      std::string five;
      for (const auto& [label, share] : top)
        five += fmt::format("{}{} {:.6f}", five.empty() ? "" : "; ", name(label), share);
      out << formats::quoted_cell(record.id) << ',' << formats::quoted_cell(name(top[0].first))
          << fmt::format(",{:.6f},", top[0].second) << formats::quoted_cell(five) << '\n';
    }
  });
}

/// Formats that a task knows, and those that are written where none is named.
const std::vector<std::string>& formats_of(Task task) {
  static const std::vector<std::string> none, masks = {"png", "overlay", "coco", "yolo", "voc"},
                                              depth = {"color", "png16", "npy", "ply"};
  return task == Task::classes ? none : task == Task::masks ? masks : depth;
}

std::vector<std::string> usual_formats(Task task) {
  const auto& all = formats_of(task);
  return {all.begin(), all.begin() + std::min<ptrdiff_t>(2, std::ssize(all))};
}

}  // namespace

std::vector<HeadPlace> places_of(const PredictOptions& options, const infer::Predictor& predictor) {
  std::vector<HeadPlace> out;
  std::set<std::string> unused(options.formats.begin(), options.formats.end()), stems;
  for (size_t i = 0; i < predictor.count(); ++i) {
    const std::string stem = options.heads[i].stem().string();
    if (!stems.insert(stem).second)
      fail(Exit::usage,
           "two heads are called {}, and their files would be too; rename one, or run them one "
           "after the other",
           stem);
    HeadPlace place{.task = predictor.task(i),
                    .folder = predictor.count() > 1 ? options.out / stem : options.out,
                    .classes = predictor.classes(i)};
    for (const auto& format : formats_of(place.task)) {
      if (std::ranges::count(options.formats, format) == 0) continue;
      place.formats.insert(format);
      unused.erase(format);
    }
    if (options.formats.empty())
      for (const auto& format : usual_formats(place.task)) place.formats.insert(format);
    if (place.formats.contains("voc")) exports::voc_classes(place.classes);  // refuses too many
    out.push_back(std::move(place));
  }
  if (!unused.empty())
    fail(Exit::usage,
         "no head here writes {}; masks: {}; depth: {}; classes: predictions.csv always",
         *unused.begin(),
         fmt::join(formats_of(infer::Task::masks), ", "),
         fmt::join(formats_of(infer::Task::depth), ", "));
  return out;
}

std::vector<fs::path> files_of(const HeadPlace& place, const Named& named) {
  static const std::map<std::string, const char*> extensions = {{"png", ".png"},
                                                                {"overlay", ".jpg"},
                                                                {"color", ".png"},
                                                                {"png16", ".png"},
                                                                {"npy", ".npy"},
                                                                {"ply", ".ply"}};
  std::vector<fs::path> out;
  for (const auto& format : place.formats) {
    if (const auto found = extensions.find(format); found != extensions.end())
      out.push_back(place.folder / format / (named.stem + found->second));
    if (format == "yolo") out.push_back(place.folder / "yolo/labels/train" / (named.flat + ".txt"));
    if (format == "voc")
      out.push_back(place.folder / "voc/SegmentationClass" / (named.flat + ".png"));
  }
  return out;
}

HeadRecord write_prediction(const HeadPlace& place,
                            const Named& named,
                            const image::Image& picture,
                            const infer::Prediction& prediction,
                            const PredictOptions& options) {
  if (const auto* classes = std::get_if<ClassPrediction>(&prediction)) return best_of(*classes);
  if (const auto* masks = std::get_if<MaskPrediction>(&prediction))
    return write_masks(place, named, picture, *masks);
  return write_depths(place, named, picture, std::get<DepthPrediction>(prediction), options);
}

std::vector<std::string> write_summaries(const HeadPlace& place,
                                         const std::vector<Record>& records,
                                         const std::vector<Named>& named,
                                         size_t head) {
  std::vector<std::string> out(place.formats.begin(), place.formats.end());
  if (place.task == Task::classes) {
    write_table(place.folder / "predictions.csv", place, records, head);
    out.emplace_back("predictions.csv");
  }
  if (place.formats.contains("coco")) {
    std::vector<exports::CocoPicture> pictures;
    for (const Record& record : records)
      pictures.push_back({record.id, record.width, record.height, record.heads[head].coco});
    exports::write_coco(place.folder / "coco/annotations.json", place.classes, pictures);
  }
  if (place.formats.contains("yolo"))
    write_atomically(place.folder / "yolo/data.yaml", exports::yolo_data(place.classes));
  if (place.formats.contains("voc")) {
    std::string list;
    for (const Named& one : named)
      if (fs::exists(place.folder / "voc/SegmentationClass" / (one.flat + ".png")))
        list += one.flat + '\n';
    write_atomically(place.folder / "voc/classes.txt", exports::voc_classes(place.classes));
    write_atomically(place.folder / "voc/ImageSets/Segmentation/train.txt", list);
  }
  return out;
}

}  // namespace troodon::apply
