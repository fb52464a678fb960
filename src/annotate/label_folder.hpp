#pragma once

#include <map>
#include <string>
#include <vector>

#include "annotate/propagate.hpp"
#include "base/progress.hpp"

namespace troodon::annotate {

struct LabelFolderOptions {
  frozen::DenseOptions looking;       ///< looking_options(model), and the device
  std::vector<std::string> examples;  ///< PICTURE=MASK files
  std::string input;                  ///< what data::open_source takes
  fs::path out;
  std::string name = "object";  ///< of the class in COCO's file
  PropagateOptions propagate;
  ProgressStyle progress = ProgressStyle::automatic;
};

struct LabelFolderResult {
  int64_t pictures = 0, found = 0;
  std::map<std::string, std::string> bad_files;  ///< place, reason
  bool interrupted = false;
};

/// Propagates examples to a folder. Writes masks/NAME.png, overlays/NAME.jpg, annotations.json
/// (COCO), review.csv and review.html, both with what is least sure first; each atomically. Throws
/// Error (Exit::input) where an example or the source cannot be read.
LabelFolderResult label_folder(const LabelFolderOptions& options);

}  // namespace troodon::annotate
