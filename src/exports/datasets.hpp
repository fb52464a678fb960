#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "exports/regions.hpp"

namespace troodon::exports {

/// One picture of a COCO file.
struct CocoPicture {
  std::string file_name;
  int width = 0, height = 0;
  std::vector<std::string> annotations;  ///< coco_annotations()
};

/// An annotation of each class in the mask, as a JSON object without ids of its own: category_id
/// (class + 1, COCO counts from 1), segmentation {size, counts} compressed, area, bbox, iscrowd 0.
std::vector<std::string> coco_annotations(const Mask& mask);

/// instances.json: info, images, categories, annotations; ids from 1. Atomic. `origin`: who says
/// so, in words.
void write_coco(const fs::path& path,
                const std::vector<std::string>& classes,
                const std::vector<CocoPicture>& pictures,
                const std::string& origin = "what a head says; no human labels");

/// A picture's label file for YOLO-seg: "class x1 y1 x2 y2 ..." for each connected region, shares
/// of width and height in 0..1.
std::string yolo_labels(const Mask& mask, const RegionOptions& options = {.min_area = 4});

/// data.yaml of a YOLO folder whose pictures lie in images/train.
std::string yolo_data(const std::vector<std::string>& classes,
                      const std::string& origin = "a head gave");

/// classes.txt of a folder in PASCAL VOC's layout: "NUMBER NAME" each line.
std::string voc_classes(const std::vector<std::string>& classes);

/// Names of files for pictures: their ids without extension, but with it where two would be the
/// same. flat: '/' becomes '_', for layouts without folders.
std::vector<std::string> file_stems(const std::vector<std::string>& ids, bool flat);

}  // namespace troodon::exports
