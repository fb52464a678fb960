#include "evaluate/discover.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "evaluate/shown.hpp"
#include "index/kmeans.hpp"
#include "index/pca.hpp"

namespace troodon::evaluate {
namespace {

/// Patch features of all pictures, one after another.
struct Patches {
  std::vector<float> values;
  std::vector<index::Grid> grids;
  std::vector<size_t> start;  ///< [pictures] first patch of each
  int64_t dim = 0;

  index::Matrix matrix() const {
    return {values.data(), static_cast<int64_t>(values.size()) / dim, dim};
  }
};

Patches patches_of(frozen::DenseFeatures& dense, const datasets::MaskSet& set) {
  Patches out;
  for (const auto& item : set.items) {
    const frozen::Tokens tokens = dense.of(item.picture);
    out.dim = tokens.dim;
    out.start.push_back(out.values.size() / static_cast<size_t>(tokens.dim));
    out.grids.push_back({tokens.rows, tokens.columns});
    const float* first = tokens.patches(tokens.layers - 1);
    out.values.insert(out.values.end(), first, first + tokens.rows * tokens.columns * tokens.dim);
  }
  index::normalize_rows(out.values, out.dim);
  return out;
}

/// A number per patch -> a number per pixel of the picture.
std::vector<int32_t> spread(const auto& of_patch, const index::Grid& grid, int width, int height) {
  std::vector<int32_t> out;
  out.reserve(static_cast<size_t>(width) * height);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      out.push_back(static_cast<int32_t>(of_patch[static_cast<size_t>(
          y * grid.rows / height * grid.columns + x * grid.columns / width)]));
  return out;
}

struct Truth {
  image::Image picture;
  std::vector<int32_t> classes;
};

Truth truth_of(const datasets::MaskSet& set, size_t i) {
  Truth out{picture_of(set.items[i].picture)};
  out.classes = datasets::read_classes(set, set.items[i], out.picture.width, out.picture.height);
  return out;
}

/// Which class each cluster stands for: -1 for none.
std::vector<int64_t> names_of(const datasets::MaskSet& set,
                              const Patches& patches,
                              const index::Kmeans& found) {
  const auto classes = static_cast<int64_t>(set.classes.size());
  std::vector<double> agreed(static_cast<size_t>(found.clusters * classes));
  for (size_t i = 0; i < set.items.size(); ++i) {
    const Truth truth = truth_of(set, i);
    const auto said = spread(std::span(found.cluster).subspan(patches.start[i]),
                             patches.grids[i],
                             truth.picture.width,
                             truth.picture.height);
    for (size_t p = 0; p < said.size(); ++p)
      if (truth.classes[p] != datasets::kIgnored)
        ++agreed[static_cast<size_t>(said[p] * classes + truth.classes[p])];
  }
  return best_pairing(agreed, found.clusters, classes);
}

/// Foreground against everything that is not class 0.
double foreground_iou(const datasets::MaskSet& set, const Patches& patches) {
  const index::Pca pca = index::fit_pca(patches.matrix(), 1);
  const auto first = pca.project(patches.matrix());
  const auto front = index::foreground(first, patches.grids);
  metrics::PixelCounts counts(2);
  for (size_t i = 0; i < set.items.size(); ++i) {
    Truth truth = truth_of(set, i);
    for (int32_t& value : truth.classes)
      if (value != datasets::kIgnored) value = value > 0 ? 1 : 0;
    counts.add(spread(std::span(front).subspan(patches.start[i]),
                      patches.grids[i],
                      truth.picture.width,
                      truth.picture.height),
               truth.classes);
  }
  return counts.scores().iou[1];
}

}  // namespace

Discovered discover(const DiscoverOptions& options, const datasets::MaskSet& set) {
  frozen::DenseFeatures dense(dense_options(options.looking, 1, /*norm=*/true));
  dense.prepare(pictures_of(set));
  Discovered out{.classes = set.classes, .interrupted = interrupted()};
  if (out.interrupted) return out;
  const Patches patches = patches_of(dense, set);
  const auto classes = static_cast<int64_t>(set.classes.size());
  index::KmeansOptions kmeans{.clusters = options.clusters > 0 ? options.clusters : classes,
                              .iterations = options.iterations,
                              .metric = index::Metric::spherical,
                              .seed = options.looking.seed,
                              .threads = options.looking.threads};
  const index::Kmeans found = index::kmeans(patches.matrix(), kmeans);
  const auto names = names_of(set, patches, found);
  metrics::PixelCounts counts(classes);
  for (size_t i = 0; i < set.items.size(); ++i) {
    Truth truth = truth_of(set, i);
    auto said = spread(std::span(found.cluster).subspan(patches.start[i]),
                       patches.grids[i],
                       truth.picture.width,
                       truth.picture.height);
    // A cluster without a class is wrong wherever it is: it counts as a class beyond the last.
    for (int32_t& value : said)
      value = names[value] < 0 ? static_cast<int32_t>(classes) : static_cast<int32_t>(names[value]);
    metrics::PixelCounts own(classes);
    own.add(said, truth.classes);
    counts.add(own);
    out.ids.push_back(set.items[i].picture.id);
    out.miou.push_back(own.scores().miou);
    if (is_shown(i, set.items.size(), options.shown))
      out.shown.push_back({out.ids.back(),
                           out.miou.back(),
                           std::move(truth.picture),
                           std::move(truth.classes),
                           std::move(said)});
  }
  out.scores = counts.scores();
  out.foreground_iou = foreground_iou(set, patches);
  return out;
}

}  // namespace troodon::evaluate
