#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "depth/frames.hpp"
#include "depth/scale.hpp"
#include "depth/smooth.hpp"

namespace troodon::depth {

struct FilmOptions {
  EstimatorOptions estimator;
  FramesOptions frames;
  std::string out;  ///< a folder, or "-": raw frames to stdout
  std::vector<std::string> formats = {
      "png"};  ///< png, png16, npy, ply, normals, normals-npy; of stdout one: f32
               ///< (float32 metres) or u16 (millimetres), little endian
  Drop drop = Drop::never;
  std::optional<std::array<double, 4>> intrinsics;  ///< fx, fy, cx, cy, pixels
  double field_of_view = 60;  ///< degrees, horizontally, where intrinsics aren't given
  std::vector<Known> known;   ///< distances in the first frame; its line holds for all
  FitSpace space = FitSpace::log;
  SmoothOptions smooth{.keep = 0};
  double clip = 0.01;       ///< share of the nearest and farthest pixels that colours leave out
  int64_t most_points = 0;  ///< of a cloud; 0: all
  double edges = 0;         ///< as of CloudOptions
  int64_t limit = 0;        ///< frames; 0: all
  bool strict = false;      ///< the first bad frame ends it
  ProgressStyle progress = ProgressStyle::automatic;
};

struct FilmResult {
  LoopStats stats;
  std::string model;
  bool metric = true;
  std::optional<Alignment> alignment;
  std::map<std::string, std::string> bad_frames;  ///< name -> reason
  bool interrupted = false;
};

/// Looks at pictures, a film or a pipe and writes what it sees, one file a frame and format in a
/// folder of the format's name. Throws Error.
FilmResult look_at(const FilmOptions& options);

}  // namespace troodon::depth
