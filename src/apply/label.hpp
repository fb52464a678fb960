#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "infer/predictor.hpp"

namespace troodon::apply {

struct PredictOptions {
  fs::path model;
  std::vector<fs::path> heads;
  std::string input;  ///< as data::open_source takes it
  fs::path out;       ///< a folder; with several heads each has one in it, named after its file
  /// Of masks: png, overlay, coco, yolo, voc. Of depth: color, png16, npy, ply. Each has a folder
  /// of its name. Empty: png and overlay, color and png16. Classes become predictions.csv always.
  std::vector<std::string> formats;
  infer::PredictorOptions predictor;
  std::optional<std::array<double, 4>> intrinsics;  ///< fx, fy, cx, cy, pixels, of all pictures
  double field_of_view = 60;  ///< degrees, horizontally, where intrinsics aren't given
  int64_t limit = 0;          ///< only the first so many pictures; 0: all
  bool overwrite = false;     ///< compute everything anew
  bool strict = false;        ///< the first unreadable picture ends it
  bool dry_run = false;       ///< only say what would be done
  ProgressStyle progress = ProgressStyle::automatic;
};

struct PredictResult {
  std::string model;
  int64_t pictures = 0;
  int64_t computed = 0;  ///< in this call
  int64_t kept = 0;      ///< there already
  double seconds = 0;
  std::vector<std::string> written;              ///< below `out`: folders and files
  std::map<std::string, std::string> bad_files;  ///< path -> reason; also in failed.txt
  bool interrupted = false;                      ///< repeating the call goes on
};

/// What heads say about a source's pictures, as files that other programs open (docs/heads.md).
/// Every file is whole or absent, and what is there is kept. Throws Error; (Exit::usage) if `out`
/// holds predictions of other settings.
PredictResult predict_pictures(const PredictOptions& options);

}  // namespace troodon::apply
