#pragma once

#include <functional>
#include <string>
#include <vector>

#include "annotate/project.hpp"

namespace troodon::annotate {

enum class Layout { coco, yolo, voc, png };
/// Throws Error (Exit::usage) for another word than these.
Layout layout_of(const std::string& word);

struct ExportOptions {
  Layout layout = Layout::coco;
  fs::path out;
  bool drafts = true;     ///< shapes that nobody accepted yet, too; rejected ones never
  bool polygons = false;  ///< COCO: outlines in place of run lengths
};

/// A picture that shapes are of: `file` is copied where a layout holds pictures ("": it isn't).
struct PictureFile {
  std::string name;  ///< path in outputs, with '/'
  fs::path file;
};

struct Exported {
  int64_t pictures = 0, shapes = 0;
  std::vector<std::string> files;    ///< relative to `out`
  std::vector<std::string> missing;  ///< refs that `of` knew nothing of
};

/// Writes a project's shapes as COCO (annotations.json), YOLO-seg (data.yaml, images/, labels/),
/// PASCAL VOC (JPEGImages/, SegmentationClass/ and -Object/, classes.txt: 0 is the background) or
/// PNG (class + 1, 0: none). Smaller shapes lie above larger ones. `of`: nothing for an unknown
/// ref.
Exported export_project(const Project& project,
                        const std::function<std::optional<PictureFile>(const std::string& ref)>& of,
                        const ExportOptions& options);

}  // namespace troodon::annotate
