#include "run/run_report.hpp"

#include <algorithm>
#include <optional>

#include "base/random.hpp"
#include "image/decode.hpp"
#include "image/resize.hpp"
#include "index/nearest.hpp"
#include "index/pca.hpp"
#include "report/draw.hpp"
#include "report/metrics.hpp"
#include "run/batches.hpp"
#include "run/embed.hpp"

namespace troodon::run {
namespace {

constexpr int kShown = 160;           // pixels, side of a picture on the page
constexpr size_t kPcaPictures = 8;
constexpr size_t kQueries = 6;
constexpr int64_t kNeighbours = 5;
constexpr size_t kSearched = 1000;    // pictures among which neighbours are looked for

/// `count` items spread over the source by the run's seed.
data::Source sample(const data::Source& source, size_t count, uint64_t seed) {
  data::Source out = source;
  const auto order = Random(mix(seed, 77)).permutation(static_cast<int64_t>(source.items.size()));
  out.items.clear();
  for (size_t i = 0; i < std::min(count, source.items.size()); ++i) out.items.push_back(source.items[static_cast<size_t>(order[i])]);
  return out;
}

/// The first `count` pictures that can be read.
std::vector<image::Image> read_some(const data::Source& source, size_t count) {
  std::vector<image::Image> out;
  for (size_t i = 0; i < source.items.size() && out.size() < count; ++i) {
    if (auto picture = image::read(source.items[i].path)) out.push_back(*std::move(picture));
  }
  return out;
}

report::Chart chart(const std::vector<report::MetricsLine>& lines, report::Chart empty,
                    const std::vector<std::pair<std::string, std::string>>& columns) {
  for (const auto& [column, name] : columns) {
    auto [x, y] = report::column(lines, column);
    if (!x.empty()) empty.series.push_back({name, std::move(x), std::move(y)});
  }
  return empty;
}

std::vector<report::Chart> charts(const std::vector<report::MetricsLine>& lines) {
  std::vector<report::Chart> out;
  out.push_back(chart(lines, {.title = "Accuracy of frozen features", .explanation = "Weighted vote of the 20 nearest neighbours on the labelled probe; labels never teach.", .y_label = "kNN top-1"}, {{"knn", "kNN"}}));
  out.push_back(chart(lines, {.title = "Losses", .explanation = "Cross-entropy with the teacher. It may rise while the teacher sharpens; flat from the start is a bad sign.", .y_label = "loss"},
                      {{"total_backprop", "total"}, {"dino_local_crops_loss", "DINO local"}, {"dino_global_crops_loss", "DINO global"}, {"ibot_loss", "iBOT (half)"}, {"koleo_loss", "KoLeo (half)"}}));
  out.push_back(chart(lines, {.title = "Directions in use", .explanation = "Effective rank of the teacher's class tokens: how many directions they spread over. Near 1 is collapse.", .y_label = "rank"}, {{"effective_rank", "effective rank"}}));
  out.push_back(chart(lines, {.title = "Spread", .explanation = "Spread of features (0: all pictures look the same), entropy of targets (1: they say nothing), use of prototypes.", .y_label = "share"},
                      {{"feature_std", "feature spread"}, {"target_entropy", "target entropy"}, {"prototype_use", "prototype use"}}));
  out.push_back(chart(lines, {.title = "Gradient norms", .explanation = "Before clipping, per module. Spikes are normal, growth without end is not.", .y_label = "L2 norm", .log_y = true},
                      {{"grad_norm_backbone", "backbone"}, {"grad_norm_dino_head", "DINO head"}, {"grad_norm_ibot_head", "iBOT head"}}));
  out.push_back(chart(lines, {.title = "Schedules", .explanation = "Learning rate over its peak's warm-up and cosine.", .y_label = "learning rate"}, {{"lr", "learning rate"}}));
  out.push_back(chart(lines, {.title = "Speed", .explanation = "Pictures a second, all their crops included.", .y_label = "images/s"}, {{"images_per_second", "images/s"}}));
  std::erase_if(out, [](const report::Chart& c) { return c.series.empty(); });
  return out;
}

/// One sample's views as the student gets them; masked patches of global crops are covered.
std::vector<report::Picture> views_of(const image::Image& picture, const train::TrainConfig& config, uint64_t seed) {
  const views::AugmentConfig augment = augment_config(config);
  const views::MaskOptions mask = collate_options(config).mask;
  const int side = static_cast<int>(mask.rows);
  Random random(seed);
  std::vector<report::Picture> out = {{image::resize_short_side(picture, kShown), "picture"}};
  views::SeededDraws draws(mix(seed, 1));
  for (int crop = 0; crop < 2 + static_cast<int>(std::min<int64_t>(config.crops.local_crops_number, 6)); ++crop) {
    const auto kind = crop == 0 ? views::CropKind::first_global : crop == 1 ? views::CropKind::second_global : views::CropKind::local;
    image::Image view = views::apply(picture, views::draw_crop(kind, picture.width, picture.height, augment, random));
    if (crop == 0) {
      view = report::overlay_mask(view, views::block_mask(mask, side * side * 2 / 5, draws), {side, side});
    }
    out.push_back({std::move(view), crop == 0 ? "global, masked" : crop == 1 ? "global" : "local"});
  }
  return out;
}

report::Gallery crops_gallery(const std::vector<image::Image>& pictures, const train::TrainConfig& config) {
  report::Gallery out{.title = "What the student sees", .explanation = "Crops of a picture. The teacher sees the global ones whole; the student must guess its answers, also under the mask.", .rows = {}, .first_is_query = true};
  for (size_t i = 0; i < std::min<size_t>(pictures.size(), 3); ++i) out.rows.push_back(views_of(pictures[i], config, mix(static_cast<uint64_t>(config.train.seed), i)));
  return out;
}

report::Gallery pca_gallery(const std::vector<image::Image>& pictures, model::VisionTransformer& backbone, int64_t image_size) {
  const torch::InferenceMode guard;
  const int64_t patch = backbone->config().patch_size;
  // Twice the usual size gives a finer grid; positions are interpolated.
  const int64_t size = image_size * 2 / patch * patch;
  std::vector<image::Image> crops;
  for (const auto& picture : pictures) crops.push_back(image::evaluation_crop(picture, static_cast<int>(size)));
  const auto device = backbone->parameters().front().device();
  const torch::Tensor tokens = backbone->forward_features(to_batch(crops).to(device)).x_norm_patchtokens.to(torch::kFloat).cpu().contiguous();
  const int side = static_cast<int>(size / patch);
  const index::Matrix matrix{tokens.data_ptr<float>(), tokens.size(0) * tokens.size(1), tokens.size(2)};
  const auto coordinates = index::fit_pca(matrix, 3).project(matrix);
  const auto rgb = index::to_rgb(coordinates, {}, 0.02);
  report::Gallery out{.title = "What the patches mean", .explanation = "The three strongest directions of all patch features as red, green and blue, one basis for all pictures: like colours, like parts.", .rows = {}};
  for (size_t i = 0; i < crops.size(); ++i) {
    image::Image grid(side, side);
    std::copy_n(rgb.begin() + static_cast<int64_t>(i) * side * side * 3, grid.pixels.size(), grid.pixels.begin());
    if (i % 4 == 0) out.rows.emplace_back();
    out.rows.back().push_back({image::resize(crops[i], kShown, kShown), ""});
    out.rows.back().push_back({report::enlarge_nearest(grid, side * std::max(1, kShown / side), side * std::max(1, kShown / side)), "PCA"});
  }
  return out;
}

report::Gallery neighbours_gallery(const data::Source& source, model::VisionTransformer& backbone, const EmbedSettings& settings) {
  index::Features features = embed(backbone, source, settings);
  index::normalize_rows(features.values, features.dim);
  const int64_t queries = std::min<int64_t>(kQueries, features.rows);
  const auto found = index::nearest({features.values.data(), queries, features.dim}, features.matrix(), {.k = kNeighbours + 1});
  std::map<std::string, const data::Item*> items;
  for (const auto& item : source.items) items[item.id] = &item;
  report::Gallery out{.title = "Nearest neighbours", .explanation = "A picture, then those whose class token is most alike (cosine).", .rows = {}, .first_is_query = true};
  for (int64_t q = 0; q < queries; ++q) {
    auto& row = out.rows.emplace_back();
    for (int64_t n = 0; n < found.k; ++n) {
      const data::Item& item = *items.at(features.ids[static_cast<size_t>(found.index_of(q)[n])]);
      const std::string label = item.label >= 0 ? source.classes[static_cast<size_t>(item.label)] : "";
      if (auto picture = image::read(item.path)) {
        row.push_back({image::evaluation_crop(*picture, kShown), n == 0 ? label : fmt::format("{:.2f} {}", found.score_of(q)[n], label)});
      }
    }
  }
  return out;
}

std::vector<report::Fact> facts(const std::vector<report::MetricsLine>& lines, const ReportInputs& inputs) {
  const auto& config = inputs.config;
  std::vector<report::Fact> out;
  const auto [knn_steps, knn] = report::column(lines, "knn");
  const auto [pixel_steps, pixels] = report::column(lines, "knn_pixels");
  if (!knn.empty()) {
    const std::string before = knn_steps.front() == 0 ? fmt::format("untrained {:.3f}", knn.front()) : "";
    out.push_back({"kNN top-1", fmt::format("{:.3f}", knn.back()), before + (pixels.empty() ? "" : fmt::format(", raw pixels {:.3f}", pixels.back()))});
  }
  out.push_back({"pictures", std::to_string(inputs.source.items.size()), inputs.source.classes.empty() ? "no labels" : fmt::format("{} folders; their names taught nothing", inputs.source.classes.size())});
  out.push_back({"network", config.student.arch, fmt::format("patch {}, crops {} and {} px", config.student.patch_size, config.crops.global_crops_size, config.crops.local_crops_size)});
  out.push_back({"steps", std::to_string(config.steps()), fmt::format("batch {}, {:.1f} passes over the data", config.train.batch_size_per_gpu,
                                                                      static_cast<double>(config.steps() * config.train.batch_size_per_gpu) / static_cast<double>(std::max<size_t>(inputs.source.items.size(), 1)))});
  const auto [speed_steps, speed] = report::column(lines, "images_per_second");
  if (!speed.empty()) {
    std::vector<double> sorted = speed;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<int64_t>(sorted.size() / 2), sorted.end());
    out.push_back({"speed", fmt::format("{:.3g} images/s", sorted[sorted.size() / 2]), "median of the log"});
  }
  return out;
}

/// Says plainly whether training beat no training and raw pixels.
std::vector<report::Finding> verdict(const std::vector<report::MetricsLine>& lines) {
  const auto [steps, knn] = report::column(lines, "knn");
  const auto [pixel_steps, pixels] = report::column(lines, "knn_pixels");
  if (knn.size() < 2 || steps.front() != 0) return {};
  const double gain = knn.back() - knn.front();
  if (gain < 0.03) {
    return {{1, fmt::format("kNN went from {:.3f} untrained to {:.3f}: little was learnt yet. Train longer (--minutes), or on more pictures.", knn.front(), knn.back())}};
  }
  if (!pixels.empty() && knn.back() < pixels.back()) {
    return {{1, fmt::format("kNN rose from {:.3f} to {:.3f}, but raw pixels still do better ({:.3f}): train longer.", knn.front(), knn.back(), pixels.back())}};
  }
  return {{0, fmt::format("It learnt: kNN rose from {:.3f} untrained to {:.3f}, without a label.", knn.front(), knn.back())}};
}

}  // namespace

void write_report(const fs::path& file, const ReportInputs& inputs, train::State& state) {
  const auto& config = inputs.config;
  const auto lines = report::read_metrics(inputs.options.out / "metrics.jsonl");
  const EmbedSettings settings{.image_size = config.image_size(), .threads = static_cast<size_t>(config.troodon.threads)};
  const data::Source some = sample(inputs.source, kSearched, static_cast<uint64_t>(config.train.seed));
  const auto pictures = read_some(some, kPcaPictures);
  train::TrainConfig copy = config;
  report::Report page;
  page.title = "Troodon: what " + inputs.options.out.filename().string() + " learnt";
  page.subtitle = inputs.source.description;
  page.facts = facts(lines, inputs);
  page.findings = verdict(lines);
  page.findings.insert(page.findings.end(), inputs.findings.begin(), inputs.findings.end());
  page.charts = charts(lines);
  if (!pictures.empty()) {
    page.galleries = {neighbours_gallery(some, state.teacher->backbone, settings), pca_gallery(pictures, state.teacher->backbone, settings.image_size), crops_gallery(pictures, config)};
  }
  page.config_text = to_yaml(settings_of(copy));
  page.limits = "Features know what the pictures show and how often: they inherit every bias of the data, and no text is understood. "
                "Networks and runs of this size learn shapes, textures and colours, not the world; the published models saw 142 million pictures.";
  report::write_html(file, page);
}

}  // namespace troodon::run
