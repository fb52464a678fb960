#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
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
  /// color, png16, npy, ply, normals, normals-npy, each in a folder of its name; empty: the first
  /// two. To stdout one of f32 (metres) and u16 (millimetres), little endian; empty: f32.
  std::vector<std::string> formats;
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
  std::string model;  ///< "": given as a function
  bool metric = true;
  std::optional<Alignment> alignment;
  std::vector<std::string> bad_frames;  ///< why each isn't there
  bool interrupted = false;
};

/// Looks at pictures, a film or a pipe and writes what it sees. Throws Error.
FilmResult look_at(const FilmOptions& options);

/// The same with given frames and another way to depth: options.estimator and options.frames aren't
/// used.
FilmResult look_at(const FilmOptions& options, Frames frames, Loop::Look look);

}  // namespace troodon::depth
