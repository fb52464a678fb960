#include "apply/pca_pictures.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "data/images.hpp"
#include "data/source.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"
#include "index/pca.hpp"
#include "report/draw.hpp"

namespace troodon::apply {
namespace {

constexpr int kShown = 224;  // pixels, side of a picture on the sheet

/// Patch features of all pictures, [pictures * N, D], and the pictures as the network saw them.
struct Patches {
  std::vector<image::Image> seen;
  std::vector<std::string> ids;
  std::vector<float> values;
};

Patches read_patches(const data::Source& source,
                     infer::Embedder& embedder,
                     const PcaOptions& options,
                     PcaResult& result) {
  Patches out;
  Progress progress("pictures", source.items.size(), options.progress);
  for (const auto& item : source.items) {
    if (interrupted()) break;
    progress.advance();
    auto picture = data::read_picture(item);
    if (!picture) {
      result.bad_files[data::place_of(item)] = picture.reason();
      continue;
    }
    out.seen.push_back(embedder.prepare(*picture));
    out.ids.push_back(item.id);
    const auto values = embedder.embed(std::span(&out.seen.back(), 1));
    out.values.insert(out.values.end(), values.begin(), values.end());
  }
  return out;
}

/// Colours of all patches, [rows, 3] bytes; black where they are background.
std::vector<uint8_t> colours(const index::Matrix& patches,
                             int64_t side,
                             const PcaOptions& options,
                             PcaResult& result) {
  const index::Pca basis = index::fit_pca(patches, 3);
  result.variances = basis.variances;
  std::vector<float> coordinates = basis.project(patches);
  if (!options.foreground) return index::to_rgb(coordinates, {}, 0.01);
  std::vector<float> first(static_cast<size_t>(patches.rows));
  for (size_t i = 0; i < first.size(); ++i)
    first[i] = coordinates[3 * i] * (options.flip_foreground ? -1.0F : 1.0F);
  const std::vector<index::Grid> grids(first.size() / static_cast<size_t>(side * side),
                                       {side, side});
  std::vector<uint8_t> use = index::foreground(first, grids);
  if (options.flip_foreground) {
    for (uint8_t& u : use) u = static_cast<uint8_t>(1 - u);
  }
  // A second basis, of the foreground alone, tells its parts apart.
  std::vector<float> front;
  for (size_t i = 0; i < use.size(); ++i) {
    if (use[i] != 0)
      front.insert(front.end(),
                   patches.row(static_cast<int64_t>(i)),
                   patches.row(static_cast<int64_t>(i)) + patches.dim);
  }
  const auto rows = static_cast<int64_t>(front.size()) / patches.dim;
  if (rows < 8) return index::to_rgb(coordinates, {}, 0.01);
  return index::to_rgb(
      index::fit_pca({front.data(), rows, patches.dim}, 3).project(patches), use, 0.01);
}

std::string file_name(std::string id) {
  std::replace(id.begin(), id.end(), '/', '_');
  return fs::path(id).replace_extension(".png").string();
}

}  // namespace

PcaResult pca_pictures(const PcaOptions& options) {
  if (fs::exists(options.out / "sheet.png") && !options.overwrite) {
    fail(Exit::usage,
         "{}: holds PCA pictures already; write --overwrite to replace them",
         options.out.string());
  }
  data::Source source = data::open_source(options.input);
  if (options.limit > 0 && static_cast<size_t>(options.limit) < source.items.size()) {
    // Spread over the source, so that every folder is seen.
    std::vector<data::Item> some;
    for (int64_t i = 0; i < options.limit; ++i)
      some.push_back(source.items[static_cast<size_t>(i) * source.items.size() /
                                  static_cast<size_t>(options.limit)]);
    source.items = std::move(some);
  }
  infer::EmbedOptions embed = options.embed;
  embed.output = infer::Output::patches;
  if (embed.size == 0) {
    const infer::Embedder probe(options.model, embed);
    embed.size = probe.patch_size() == 14 ? 518 : 32 * probe.patch_size();
  }
  infer::Embedder embedder(options.model, embed);
  log_info("{}, {} px", embedder.description(), embedder.size());

  PcaResult result;
  const Patches patches = read_patches(source, embedder, options, result);
  result.interrupted = interrupted();
  if (result.interrupted) return result;
  if (patches.seen.empty())
    fail(Exit::input,
         "{}: no picture could be read; the first: {}",
         options.input,
         result.bad_files.begin()->second);
  const int shown = static_cast<int>(embedder.size());
  const int64_t side = shown / embedder.patch_size(), width = embedder.item_shape().at(1);
  const auto rgb = colours(
      {patches.values.data(), static_cast<int64_t>(patches.seen.size()) * side * side, width},
      side,
      options,
      result);

  const auto grids = report::cut_grids(rgb, static_cast<int>(side));
  std::vector<image::Image> tiles;
  for (size_t i = 0; i < patches.seen.size(); ++i) {
    image::write(options.out / file_name(patches.ids[i]),
                 report::enlarge_nearest(grids[i], shown, shown));
    tiles.push_back(image::resize(patches.seen[i], kShown, kShown));
    tiles.push_back(report::enlarge_nearest(grids[i], kShown, kShown));
  }
  result.pictures = static_cast<int64_t>(patches.seen.size());
  result.sheet = options.out / "sheet.png";
  image::write(result.sheet, report::sheet(tiles, {.columns = 8, .padding = 3}));
  return result;
}

}  // namespace troodon::apply
