#include "match/track.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "index/features.hpp"
#include "match/draw.hpp"

namespace troodon::match {
namespace {

constexpr int64_t kPerPatch = 4;  ///< places looked at per patch and side
constexpr double kSlow = 0.7;     ///< share of its speed that a hidden point keeps each frame

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double out = 0;
  for (size_t i = 0; i < a.size(); ++i) out += static_cast<double>(a[i]) * b[i];
  return out;
}

std::vector<float> appearance(const Places& places, const Point& at) {
  std::vector<float> out(static_cast<size_t>(places.dim));
  places.read(at, out.data());
  return out;
}

bool inside(const Places& places, const Point& at) {
  return at.x >= 0 && at.y >= 0 && at.x <= places.width && at.y <= places.height;
}

/// Where a feature is most at home within `radius` of a point: likeness, less what it is away.
struct Peak {
  Point at;
  double likeness = -1;
};

template <class Score>
Peak search(const Places& places, const Point& about, double radius, const Score& score) {
  const double step_x = places.width / static_cast<double>(places.columns * kPerPatch);
  const double step_y = places.height / static_cast<double>(places.rows * kPerPatch);
  const auto nx = static_cast<int64_t>(radius / step_x), ny = static_cast<int64_t>(radius / step_y);
  Peak best;
  double most = -1e9;
  for (int64_t i = -ny; i <= ny; ++i)
    for (int64_t j = -nx; j <= nx; ++j) {
      const Point at{about.x + static_cast<double>(j) * step_x,
                     about.y + static_cast<double>(i) * step_y};
      const double away = distance(at, about) / radius;
      if (away > 1 || !inside(places, at)) continue;
      const double likeness = score(at), value = likeness - 0.15 * away * away;
      if (value > most) most = value, best = {at, likeness};
    }
  return best;
}

nlohmann::ordered_json point_json(const Tracked& point) {
  const auto rounded = [](double v) { return std::round(v * 100) / 100; };
  return {{"at", {rounded(point.at.x), rounded(point.at.y)}},
          {"visible", point.visible},
          {"confidence", rounded(point.confidence)}};
}

}  // namespace

Tracker::Tracker(Places first, std::span<const Point> points, const TrackOptions& options)
    : options_(options), alignment_(alignment_of(first)) {
  align(first, alignment_);
  if (options_.radius <= 0) options_.radius = std::max(first.width, first.height) / 8;
  for (const Point& point : points) {
    if (!inside(first, point))
      fail(Exit::input,
           "the point {:.1f},{:.1f} lies outside the first frame of {:.0f} x {:.0f} pixels",
           point.x,
           point.y,
           first.width,
           first.height);
    const auto look = appearance(first, point);
    memories_.push_back({.first = look, .now = look, .at = point});
  }
  before_ = std::move(first);
}

Tracked Tracker::follow(const Places& frame, Memory& memory) const {
  const Point expected{memory.at.x + memory.speed.x, memory.at.y + memory.speed.y};
  // A hidden point may have gone further than one seen a moment ago.
  const double radius =
      options_.radius * std::min(1 + 0.25 * static_cast<double>(memory.hidden), 2.0);
  std::vector<float> seen(static_cast<size_t>(frame.dim));
  const auto like = [&](const Point& at) {
    frame.read(at, seen.data());
    return 0.4 * dot(seen, memory.first) + 0.6 * dot(seen, memory.now);
  };
  const Peak peak = search(frame, expected, radius, like);
  if (peak.likeness < -0.5) {  // left the picture
    ++memory.hidden;
    return {memory.at, 0, false};
  }
  // The way back: what lies there now must lead to where the point was.
  const auto now = appearance(frame, peak.at);
  const Peak back = search(before_, memory.at, radius, [&](const Point& at) {
    before_.read(at, seen.data());
    return dot(seen, now);
  });
  const double patch = frame.patch();
  const double returned = memory.hidden > 0 ? 0 : distance(back.at, memory.at) / patch;
  const double agreement = std::exp(-0.5 * returned * returned / 4);
  const double confidence = std::clamp(peak.likeness * agreement, 0.0, 1.0);
  const bool visible = confidence >= options_.visible;
  if (!visible) {
    ++memory.hidden;
    memory.speed = {memory.speed.x * kSlow, memory.speed.y * kSlow};
    memory.at = {std::clamp(memory.at.x + memory.speed.x, 0.0, frame.width),
                 std::clamp(memory.at.y + memory.speed.y, 0.0, frame.height)};
    return {memory.at, confidence, false};
  }
  memory.speed = {0.5 * memory.speed.x + 0.5 * (peak.at.x - memory.at.x),
                  0.5 * memory.speed.y + 0.5 * (peak.at.y - memory.at.y)};
  memory.at = peak.at;
  memory.hidden = 0;
  const auto share = static_cast<float>(options_.refresh);
  for (size_t i = 0; i < now.size(); ++i)
    memory.now[i] = (1 - share) * memory.now[i] + share * now[i];
  index::normalize_rows(memory.now, frame.dim);
  return {peak.at, confidence, true};
}

std::vector<Tracked> Tracker::next(Places frame) {
  if (frame.dim != before_.dim) fail("frames of a film must be looked at by one model");
  align(frame, alignment_);
  std::vector<Tracked> out(memories_.size());
  parallel_for(
      memories_.size(), [&](size_t i) { out[i] = follow(frame, memories_[i]); }, options_.threads);
  before_ = std::move(frame);
  return out;
}

Tracks track_points(frozen::DenseFeatures& features,
                    std::span<const Point> points,
                    size_t count,
                    const std::function<image::Image(size_t)>& frame,
                    const TrackOptions& options) {
  if (count == 0) fail(Exit::input, "no frames to follow points through");
  Tracker tracker(look(features, frame(0), options.look), points, options);
  Tracks out(1);
  for (const Point& point : points) out[0].push_back({point, 1, true});
  for (size_t i = 1; i < count && !interrupted(); ++i)
    out.push_back(tracker.next(look(features, frame(i), options.look)));
  return out;
}

image::Image draw_tracks(const image::Image& frame,
                         const Tracks& tracks,
                         size_t number,
                         size_t tail) {
  image::Image out = frame;
  const double scale = std::max(frame.width, frame.height) / 512.0;
  const auto count = static_cast<int64_t>(tracks[number].size());
  for (size_t p = 0; p < tracks[number].size(); ++p) {
    const auto colour = colour_of(static_cast<int64_t>(p), count);
    for (size_t i = number > tail ? number - tail : 0; i < number; ++i)
      if (tracks[i][p].visible && tracks[i + 1][p].visible)
        draw_line(out, tracks[i][p].at, tracks[i + 1][p].at, 1.6 * scale, colour);
    const Tracked& now = tracks[number][p];
    draw_dot(out, now.at, 3.5 * scale, colour, now.visible);
  }
  return out;
}

std::string to_json(const Tracks& tracks, std::span<const std::string> names) {
  nlohmann::ordered_json frames = nlohmann::ordered_json::array();
  for (size_t i = 0; i < tracks.size(); ++i) {
    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    for (const Tracked& point : tracks[i]) points.push_back(point_json(point));
    frames.push_back({{"frame", i < names.size() ? names[i] : std::to_string(i)},
                      {"points", std::move(points)}});
  }
  return nlohmann::ordered_json{{"frames", std::move(frames)}}.dump();
}

}  // namespace troodon::match
