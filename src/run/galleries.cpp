#include "run/galleries.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "data/images.hpp"
#include "image/resize.hpp"
#include "index/nearest.hpp"
#include "index/pca.hpp"
#include "report/draw.hpp"
#include "run/batches.hpp"
#include "run/embed.hpp"

namespace troodon::run {
namespace {

constexpr int kShown = 160;  // pixels, side of a picture on the page
constexpr size_t kPcaPictures = 8;
constexpr size_t kQueries = 6;
constexpr int64_t kNeighbours = 5;
constexpr size_t kSearched = 1000;  // pictures among which neighbours are looked for

/// `count` items spread over the source by the run's seed.
data::Source sample(const data::Source& source, size_t count, uint64_t seed) {
  data::Source out = source;
  const auto order = Random(mix(seed, 77)).permutation(static_cast<int64_t>(source.items.size()));
  out.items.clear();
  for (size_t i = 0; i < std::min(count, source.items.size()); ++i)
    out.items.push_back(source.items[static_cast<size_t>(order[i])]);
  return out;
}

/// The first `count` pictures that can be read.
std::vector<image::Image> read_some(const data::Source& source, size_t count) {
  std::vector<image::Image> out;
  for (size_t i = 0; i < source.items.size() && out.size() < count; ++i) {
    if (auto picture = data::read_picture(source.items[i])) out.push_back(*std::move(picture));
  }
  return out;
}

/// One sample's views as the student gets them; masked patches of global crops are covered.
std::vector<report::Picture> views_of(const image::Image& picture,
                                      const train::TrainConfig& config,
                                      uint64_t seed) {
  const views::AugmentConfig augment = augment_config(config);
  const views::MaskOptions mask = collate_options(config).mask;
  const int side = static_cast<int>(mask.rows);
  Random random(seed);
  std::vector<report::Picture> out = {{image::resize_short_side(picture, kShown), "picture"}};
  views::SeededDraws draws(mix(seed, 1));
  for (int crop = 0;
       crop < 2 + static_cast<int>(std::min<int64_t>(config.crops.local_crops_number, 6));
       ++crop) {
    const auto kind = crop == 0   ? views::CropKind::first_global
                      : crop == 1 ? views::CropKind::second_global
                                  : views::CropKind::local;
    image::Image view = views::apply(
        picture, views::draw_crop(kind, picture.width, picture.height, augment, random));
    if (crop == 0) {
      view = report::overlay_mask(
          view, views::block_mask(mask, side * side * 2 / 5, draws), {side, side});
    }
    out.push_back({std::move(view), crop == 0 ? "global, masked" : crop == 1 ? "global" : "local"});
  }
  return out;
}

/// Pictures, and copies of them as the student gets them.
report::Gallery copies_gallery(const std::vector<image::Image>& pictures,
                               const train::TrainConfig& config) {
  constexpr int kCopies = 6;
  report::Gallery out{.title = "What the student sees",
                      .explanation =
                          "A picture and copies of it, each made anew: the student must know them "
                          "among all other pictures.",
                      .rows = {},
                      .first_is_query = true};
  const views::CopyConfig copies = copy_config(config);
  for (size_t i = 0; i < std::min<size_t>(pictures.size(), 3); ++i) {
    const image::Image& picture = pictures[i];
    Random random(mix(static_cast<uint64_t>(config.train.seed), i));
    out.rows.push_back({{image::resize_short_side(picture, kShown), "picture"}});
    for (int copy = 0; copy < kCopies; ++copy) {
      const auto plan = views::draw_copy(picture.width, picture.height, copies, random);
      const image::Image& other = pictures[(i + 1) % pictures.size()];
      out.rows.back().push_back({views::apply(picture, other, plan, copies.size), "copy"});
    }
  }
  return out;
}

report::Gallery crops_gallery(const std::vector<image::Image>& pictures,
                              const train::TrainConfig& config) {
  report::Gallery out{.title = "What the student sees",
                      .explanation =
                          "Crops of a picture. The teacher sees the global ones whole; the student "
                          "must guess its answers, also under the mask.",
                      .rows = {},
                      .first_is_query = true};
  for (size_t i = 0; i < std::min<size_t>(pictures.size(), 3); ++i)
    out.rows.push_back(
        views_of(pictures[i], config, mix(static_cast<uint64_t>(config.train.seed), i)));
  return out;
}

report::Gallery pca_gallery(const std::vector<image::Image>& pictures,
                            model::VisionTransformer& backbone,
                            int64_t image_size) {
  const torch::InferenceMode guard;
  const int64_t patch = backbone->config().patch_size;
  // Twice the usual size gives a finer grid; positions are interpolated.
  const int64_t size = image_size * 2 / patch * patch;
  std::vector<image::Image> crops;
  for (const auto& picture : pictures)
    crops.push_back(image::evaluation_crop(picture, static_cast<int>(size)));
  const auto device = backbone->parameters().front().device();
  const torch::Tensor tokens = backbone->forward_features(to_batch(crops).to(device))
                                   .x_norm_patchtokens.to(torch::kFloat)
                                   .cpu()
                                   .contiguous();
  const index::Matrix matrix{
      tokens.data_ptr<float>(), tokens.size(0) * tokens.size(1), tokens.size(2)};
  const auto coordinates = index::fit_pca(matrix, 3).project(matrix);
  const auto grids =
      report::cut_grids(index::to_rgb(coordinates, {}, 0.02), static_cast<int>(size / patch));
  report::Gallery out{.title = "What the patches mean",
                      .explanation =
                          "The three strongest directions of all patch features as red, green and "
                          "blue, one basis for all pictures: like colours, like parts.",
                      .rows = {}};
  for (size_t i = 0; i < crops.size(); ++i) {
    const int side = grids[i].width * std::max(1, kShown / grids[i].width);
    if (i % 4 == 0) out.rows.emplace_back();
    out.rows.back().push_back({image::resize(crops[i], kShown, kShown), ""});
    out.rows.back().push_back({report::enlarge_nearest(grids[i], side, side), "PCA"});
  }
  return out;
}

report::Gallery neighbours_gallery(const data::Source& source,
                                   model::VisionTransformer& backbone,
                                   const EmbedSettings& settings) {
  index::Features features = embed(backbone, source, settings);
  index::normalize_rows(features.values, features.dim);
  const int64_t queries = std::min<int64_t>(kQueries, features.rows);
  const auto found = index::nearest(
      {features.values.data(), queries, features.dim}, features.matrix(), {.k = kNeighbours + 1});
  std::map<std::string, const data::Item*> items;
  for (const auto& item : source.items) items[item.id] = &item;
  report::Gallery out{
      .title = "Nearest neighbours",
      .explanation = "A picture, then those whose class token is most alike (cosine).",
      .rows = {},
      .first_is_query = true};
  for (int64_t q = 0; q < queries; ++q) {
    auto& row = out.rows.emplace_back();
    for (int64_t n = 0; n < found.k; ++n) {
      const data::Item& item = *items.at(features.ids[static_cast<size_t>(found.index_of(q)[n])]);
      const std::string label =
          item.label >= 0 ? source.classes[static_cast<size_t>(item.label)] : "";
      if (auto picture = data::read_picture(item)) {
        row.push_back({image::evaluation_crop(*picture, kShown),
                       n == 0 ? label : fmt::format("{:.2f} {}", found.score_of(q)[n], label)});
      }
    }
  }
  return out;
}

}  // namespace

std::vector<report::Gallery> galleries(const data::Source& source,
                                       const train::TrainConfig& config,
                                       model::VisionTransformer& backbone) {
  const data::Source some = sample(source, kSearched, static_cast<uint64_t>(config.train.seed));
  const auto pictures = read_some(some, kPcaPictures);
  if (pictures.empty()) return {};
  const EmbedSettings settings{.image_size = config.image_size(),
                               .threads = static_cast<size_t>(config.troodon.threads)};
  return {neighbours_gallery(some, backbone, settings),
          pca_gallery(pictures, backbone, settings.image_size),
          config.copies.learn ? copies_gallery(pictures, config) : crops_gallery(pictures, config)};
}

}  // namespace troodon::run
