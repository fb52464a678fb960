#include "evaluate/video.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "evaluate/propagation.hpp"
#include "image/encode.hpp"
#include "index/features.hpp"
#include "metrics/classification.hpp"

namespace troodon::evaluate {
namespace {

/// Objects 1 .. of a clip, from the masks that introduce them, and their scores.
struct Track {
  std::vector<uint16_t> objects;          ///< their numbers in the masks; label = place + 1
  std::vector<std::vector<double>> j, f;  ///< [objects] of judged frames

  int64_t labels() const { return static_cast<int64_t>(objects.size()) + 1; }
};

/// Numbers in the mask that no earlier one had.
void introduce(Track& track, const image::Plane& mask) {
  std::set<uint16_t> found(mask.values.begin(), mask.values.end());
  found.erase(0);
  for (const uint16_t number : track.objects) found.erase(number);
  track.objects.insert(track.objects.end(), found.begin(), found.end());
  track.j.resize(track.objects.size());
  track.f.resize(track.objects.size());
}

/// The mask in labels: 0 for what is no known object.
image::Plane labels_of(const Track& track, image::Plane mask) {
  for (uint16_t& value : mask.values) {
    const auto found = std::ranges::find(track.objects, value);
    value =
        found == track.objects.end() ? 0 : static_cast<uint16_t>(found - track.objects.begin() + 1);
  }
  return mask;
}

PatchFrame patches_of(const frozen::Tokens& tokens) {
  PatchFrame out{.rows = tokens.rows, .columns = tokens.columns, .dim = tokens.dim};
  const float* first = tokens.patches(tokens.layers - 1);
  out.features.assign(first, first + tokens.rows * tokens.columns * tokens.dim);
  index::normalize_rows(out.features, out.dim);
  return out;
}

/// J and F of every object that was there before this frame. `shown_only`: of those that the mask
/// has, for it may be there to introduce others.
void judge(Track& track, const image::Plane& said, const image::Plane& truth, bool shown_only) {
  std::vector<uint8_t> a(said.pixels()), b(said.pixels());
  for (size_t object = 0; object < track.objects.size(); ++object) {
    for (size_t i = 0; i < a.size(); ++i) {
      a[i] = said.values[i] == object + 1 ? 1 : 0;
      b[i] = truth.values[i] == object + 1 ? 1 : 0;
    }
    if (shown_only && std::ranges::count(b, 1) == 0) continue;
    track.j[object].push_back(metrics::region_similarity(a, b));
    track.f[object].push_back(metrics::boundary_accuracy(a, b, said.height, said.width).f);
  }
}

/// A mask of the size of the clip's first: real sets have some that are a pixel narrower.
image::Plane of_size(const datasets::Clip& clip, image::Plane mask, const image::Plane& first) {
  constexpr int kSlack = 2;
  if (mask.width == first.width && mask.height == first.height) return mask;
  if (std::abs(mask.width - first.width) > kSlack || std::abs(mask.height - first.height) > kSlack)
    fail(Exit::input,
         "{}: masks of {}x{} and of {}x{} pixels in one clip",
         clip.name,
         first.width,
         first.height,
         mask.width,
         mask.height);
  return image::resize_nearest(mask, first.width, first.height);
}

void write_mask(const fs::path& folder,
                const datasets::Clip& clip,
                size_t frame,
                const image::Plane& mask) {
  if (folder.empty()) return;
  std::vector<uint8_t> bytes(mask.values.begin(), mask.values.end());
  write_atomically(folder / clip.name / fmt::format("{:05}.png", frame),
                   image::encode_png_gray(bytes, mask.width, mask.height));
}

/// Adds the objects of a new mask to what was propagated: the new ones where the mask has them.
void adopt(Track& track, const image::Plane& mask, PatchFrame& frame, int64_t labels_before) {
  introduce(track, mask);
  if (track.labels() == labels_before) return;
  const auto truth = shares_of(labels_of(track, mask), track.labels(), frame.rows, frame.columns);
  std::vector<float> shares(truth.size());
  const auto labels = static_cast<size_t>(track.labels()),
             known = static_cast<size_t>(labels_before);
  for (size_t place = 0; place < shares.size() / labels; ++place) {
    float added = 0;
    for (size_t label = known; label < labels; ++label) {
      shares[place * labels + label] = truth[place * labels + label];
      added += truth[place * labels + label];
    }
    for (size_t label = 0; label < known; ++label)
      shares[place * labels + label] = (1 - added) * frame.shares[place * known + label];
  }
  frame.shares = std::move(shares);
}

/// More labels: the new ones are nowhere in frames that are past.
void widen(PatchFrame& frame, int64_t from, int64_t to) {
  std::vector<float> shares(frame.shares.size() / from * to);
  for (size_t i = 0; i < frame.shares.size(); ++i)
    shares[i / static_cast<size_t>(from) * static_cast<size_t>(to) +
           i % static_cast<size_t>(from)] = frame.shares[i];
  frame.shares = std::move(shares);
}

Track follow(const VideoOptions& options,
             const datasets::Clip& clip,
             frozen::DenseFeatures& dense,
             Progress& progress) {
  Track track;
  const bool sparse = std::ranges::any_of(clip.masks, &fs::path::empty);
  const image::Plane first = datasets::read_objects(clip.masks[0]);
  introduce(track, first);
  Memory memory{.first = patches_of(dense.of(clip.frames[0]))};
  memory.first.shares =
      shares_of(labels_of(track, first), track.labels(), memory.first.rows, memory.first.columns);
  write_mask(options.pictures, clip, 0, labels_of(track, first));
  for (size_t i = 1; i < clip.frames.size() && !interrupted(); ++i) {
    PatchFrame frame = patches_of(dense.of(clip.frames[i]));
    const int64_t labels = track.labels();
    propagate(memory, options, labels, frame);
    const image::Plane said =
        mask_of(frame, labels, first.width, first.height, options.looking.threads);
    write_mask(options.pictures, clip, i, said);
    if (!clip.masks[i].empty()) {
      const image::Plane mask = of_size(clip, datasets::read_objects(clip.masks[i]), first);
      judge(track, said, labels_of(track, mask), sparse);
      adopt(track, mask, frame, labels);
    }
    if (track.labels() != labels) {
      widen(memory.first, labels, track.labels());
      for (PatchFrame& known : memory.last) widen(known, labels, track.labels());
    }
    memory.last.push_back(std::move(frame));
    if (memory.last.size() > static_cast<size_t>(options.frames)) memory.last.pop_front();
    progress.advance();
  }
  return track;
}

}  // namespace

VideoScores propagate_masks(const VideoOptions& options, const std::vector<datasets::Clip>& clips) {
  frozen::DenseFeatures dense(dense_options(options.looking, 1, /*norm=*/true));
  size_t frames = 0;
  for (const auto& clip : clips) frames += clip.frames.size() - 1;
  for (const auto& clip : clips) dense.prepare(clip.frames);
  VideoScores out;
  std::vector<double> j, f;
  Progress progress("following", frames, options.looking.progress);
  for (const auto& clip : clips) {
    const Track track = follow(options, clip, dense, progress);
    out.interrupted = interrupted();
    if (out.interrupted) return out;
    std::vector<double> own_j, own_f;
    for (size_t object = 0; object < track.objects.size(); ++object) {
      if (track.j[object].empty()) continue;
      own_j.push_back(metrics::mean_without_nan(track.j[object]));
      own_f.push_back(metrics::mean_without_nan(track.f[object]));
    }
    out.clips.push_back({.name = clip.name,
                         .objects = static_cast<int64_t>(own_j.size()),
                         .frames = static_cast<int64_t>(clip.frames.size()),
                         .j = metrics::mean_without_nan(own_j),
                         .f = metrics::mean_without_nan(own_f)});
    j.insert(j.end(), own_j.begin(), own_j.end());
    f.insert(f.end(), own_f.begin(), own_f.end());
  }
  out.j = metrics::mean_without_nan(j);
  out.f = metrics::mean_without_nan(f);
  return out;
}

}  // namespace troodon::evaluate
