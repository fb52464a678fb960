#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "match/places.hpp"

namespace troodon::match {

struct TrackOptions {
  LookOptions look;
  double radius = 0;     ///< pixels around the place expected; 0: an eighth of the longer side
  double visible = 0.5;  ///< confidence below which a point counts as hidden
  double refresh = 0.2;  ///< share of a new appearance that enters a point's memory
  bool mirror = false;   ///< look at mirrored frames, too: twice the time
  size_t threads = 0;
};

/// Where a point is in a frame.
struct Tracked {
  Point at;               ///< pixels; where it is expected while it is hidden
  double confidence = 0;  ///< 0 to 1
  bool visible = false;
};

/// Points on their way through a film, frame after frame.
class Tracker {
 public:
  /// Points of the first frame. Throws Error if one lies outside it.
  Tracker(Places first, std::span<const Point> points, const TrackOptions& options = {});
  /// Where they are in the next frame, [points].
  std::vector<Tracked> next(Places frame);

 private:
  struct Memory {
    std::vector<float> first, now;  ///< appearance, unit length
    Point at, speed;                ///< pixels, pixels a frame
    int64_t hidden = 0;             ///< frames since it was seen
  };
  Tracked follow(const Places& frame, Memory& memory) const;

  TrackOptions options_;
  std::vector<Memory> memories_;
  Alignment alignment_;
  Places before_;
};

/// All frames' points, [frames][points]; the first frame's are those given.
using Tracks = std::vector<std::vector<Tracked>>;

/// Follows points of a frame through those after it: frame(i) gives the i-th of `count` pictures.
/// Stops early when interrupted. Throws Error if a point lies outside the first frame.
Tracks track_points(frozen::DenseFeatures& features,
                    std::span<const Point> points,
                    size_t count,
                    const std::function<image::Image(size_t)>& frame,
                    const TrackOptions& options = {});

/// The frame with its points and their ways in the `tail` frames before it.
image::Image draw_tracks(const image::Image& frame,
                         const Tracks& tracks,
                         size_t number,
                         size_t tail = 12);

/// {"frames": [{"frame", "points": [{"at": [x, y], "visible", "confidence"}]}]}; names [frames].
std::string to_json(const Tracks& tracks, std::span<const std::string> names);

}  // namespace troodon::match
