#include "fingerprint/fingerprint.hpp"

#include <algorithm>

#include "fingerprint/margins.hpp"

namespace troodon::fingerprint {
namespace {

struct NearestTurn {
  int turn = 0;
  int distance = 256;
};

/// The turn of `a` nearest to `b` as it is.
NearestTurn nearest(const PdqTurns& a, const PdqTurns& b) {
  NearestTurn best;
  for (int turn = 0; turn < kTurns; ++turn) {
    const int distance = hamming(a.hashes[turn], b.hashes[0]);
    if (distance < best.distance) best = {turn, distance};
  }
  return best;
}

/// Whether two aspects are alike: things alone on white paper fill their pictures without margins
/// in much the same way.
bool fits(float aspect, float other, double most) {
  return aspect <= most * other && other <= most * aspect;
}

float aspect_of(const Fingerprint& whole, const Window& window) {
  return whole.aspect * window.width / window.height;
}

/// The best agreement of all of `part` with one of the windows of `whole` that resemble it.
Agreement within(const Fingerprint& whole, const Fingerprint& part, const CopyLimits& limits) {
  size_t best = 0;
  int nearest = 65;
  for (size_t i = 0; i < whole.windows.size(); ++i) {
    const int distance = hamming(whole.windows[i], part.windows[0]);
    if (distance < nearest) best = i, nearest = distance;
  }
  if (nearest > limits.window) return {};
  Window window = standard_windows()[best];
  if (!fits(aspect_of(whole, window), part.aspect, limits.stretch)) return {};
  const Agreement found = align(whole.thumbnail, part.thumbnail, window);
  return fits(aspect_of(whole, window), part.aspect, limits.stretch) ? found : Agreement{};
}

bool enough(const Agreement& agreement, const CopyLimits& limits) {
  return agreement.pixels >= limits.pixels && agreement.steps >= limits.steps;
}

}  // namespace

Fingerprint fingerprint_of(const Grey& grey) {
  Fingerprint out;
  const image::Box box = without_margins(grey);
  const bool margins = box.width < grey.width || box.height < grey.height;
  out.whole = pdq_turns(grey);
  out.inside = margins ? pdq_turns(area_resize(grey, box, box.width, box.height)) : out.whole;
  out.difference = dhash(grey);
  out.aspect = static_cast<float>(box.width) / static_cast<float>(box.height);
  out.thumbnail = thumbnail_of(grey, box);
  for (const Window& window : standard_windows()) {
    out.windows.push_back(window_hash(out.thumbnail, window));
  }
  return out;
}

Fingerprint fingerprint_of(const image::Image& image) {
  return fingerprint_of(reduced(image));
}

CopyVerdict compare(const Fingerprint& a, const Fingerprint& b, const CopyLimits& limits) {
  CopyVerdict out;
  const NearestTurn whole = nearest(a.whole, b.whole);
  NearestTurn inside = nearest(a.inside, b.inside);
  const float aspect = (inside.turn & 4) != 0 ? 1 / a.aspect : a.aspect;
  if (!fits(aspect, b.aspect, limits.stretch)) inside = {};
  const NearestTurn& best = whole.distance <= inside.distance ? whole : inside;
  out.turn = best.turn;
  out.distance = best.distance;
  if (std::min(a.inside.quality, b.inside.quality) < limits.quality) return out;
  if (best.distance <= limits.hash) {
    const bool same = whole.distance <= limits.hash;
    out.kind = best.turn != 0 ? CopyKind::turned : same ? CopyKind::whole : CopyKind::inside;
    return out;
  }
  for (const auto& [large, small] : {std::pair{&a, &b}, {&b, &a}}) {
    const Agreement found = within(*large, *small, limits);
    if (!enough(found, limits)) continue;
    out.kind = CopyKind::part;
    out.agreement = found;
    return out;
  }
  return out;
}

}  // namespace troodon::fingerprint
