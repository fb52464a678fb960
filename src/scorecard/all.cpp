#include "scorecard/all.hpp"

#include <algorithm>
#include <numbers>

#include "base/error.hpp"

namespace troodon::scorecard {
namespace {

using evaluate::ClassHeadKind;

/// Sub-folders that have what `marker` names, sorted.
std::vector<fs::path> folders_with(const fs::path& folder, const fs::path& marker) {
  std::vector<fs::path> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(entry.path() / marker)) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

void add_classes(std::vector<Trial>& out,
                 const fs::path& folder,
                 const std::string& name,
                 const AllOptions& all) {
  if (!fs::exists(folder / "train") || !fs::exists(folder / "val")) return;
  const std::string train = (folder / "train").string(), val = (folder / "val").string();
  for (const auto head : {ClassHeadKind::knn,
                          ClassHeadKind::linear,
                          ClassHeadKind::logistic,
                          ClassHeadKind::mlp,
                          ClassHeadKind::attentive})
    out.push_back(classes_trial(name, train, val, {.head = head}));
  out.push_back(classes_trial(
      name, train, val, {.head = ClassHeadKind::logistic, .per_class = 10, .tries = 5}));
  out.push_back(labels_trial(name, val, {.kappas = {1, 5, 10}}));
  // The official nearest-neighbour head: no head of its own to blame for what damage does.
  evaluate::RobustOptions damage{.classify = {.head = ClassHeadKind::knn, .neighbours = {20}},
                                 .limit = all.damaged};
  out.push_back(damage_trial(name, train, val, damage));
}

void add_masks(std::vector<Trial>& out,
               const fs::path& folder,
               const std::string& name,
               const AllOptions& all) {
  for (const int64_t layers : {1, 4})
    out.push_back(masks_trial(name, folder, {.layers = layers, .iterations = all.iterations}));
  out.push_back(discover_trial(name, folder, {}));
}

void add_depth(std::vector<Trial>& out,
               const fs::path& folder,
               const std::string& name,
               const std::string& group,
               const AllOptions& all) {
  using evaluate::DepthDecoder;
  for (const auto decoder : {DepthDecoder::linear1, DepthDecoder::linear4, DepthDecoder::dpt}) {
    // A step of DPT costs as much as many of a linear decoder, and moves more weights.
    const bool dpt = decoder == DepthDecoder::dpt;
    const int64_t iterations = dpt ? std::max<int64_t>(all.iterations / 4, 1) : all.iterations;
    out.push_back(depth_trial(name, folder, group, {.decoder = decoder, .iterations = iterations}));
  }
}

/// Films are judged as DINO judges DAVIS, 480 pixels high at patches of 8; from one frame to the
/// next hardly anything moves further than the radius.
Trial film_trial(const std::string& data, const fs::path& folder) {
  static constexpr int64_t kGrid = 60, kRadius = 4;
  Trial out = video_trial(data, folder, {.radius = kRadius});
  out.settings += fmt::format(" {}", kGrid);
  out.run = [run = out.run](evaluate::Looking looking) {
    looking.grid = std::max(looking.grid, kGrid);
    return run(looking);
  };
  return out;
}

void add_data(std::vector<Trial>& out, const AllOptions& all) {
  const fs::path& data = all.data;
  add_classes(out, data / "imagenette96", "imagenette96", all);
  if (fs::exists(data / "pacs"))
    for (const auto head : {ClassHeadKind::knn, ClassHeadKind::linear})
      out.push_back(domains_trial(
          "pacs",
          {.classify = {.head = head, .neighbours = {10}}, .data = (data / "pacs").string()}));
  for (const fs::path& folder : folders_with(data / "segmentation", "ImageSets"))
    add_masks(out, folder, folder.filename().string(), all);
  if (fs::exists(data / "depth" / "depth.csv")) add_depth(out, data / "depth", "depth", "", all);
  if (fs::exists(data / "retrieval" / "gnd.json"))
    out.push_back(landmarks_trial(
        "retrieval",
        data / "retrieval",
        {.descriptor = evaluate::Descriptor::deep, .scales = {1, std::numbers::sqrt2, 2}}));
  if (fs::exists(data / "copydetect" / "gnd.csv"))
    out.push_back(copies_trial(
        "copydetect", data / "copydetect", "", {.descriptor = evaluate::Descriptor::cls}));
  for (const fs::path& folder : folders_with(data / "video", "JPEGImages"))
    out.push_back(film_trial(folder.filename().string(), folder));
}

void add_world(std::vector<Trial>& out, const AllOptions& all) {
  const fs::path images = all.world / "images";
  add_classes(out, images, "world", all);
  if (fs::exists(images / "manifest.csv"))
    for (const auto head : {ClassHeadKind::knn, ClassHeadKind::linear})
      out.push_back(domains_trial("world",
                                  {.classify = {.head = head, .neighbours = {10}},
                                   .data = (images / "manifest.csv").string(),
                                   .column = "style"}));
  const fs::path scenes = all.world / "scenes";
  if (fs::exists(scenes / "masks")) add_masks(out, scenes, "world", all);
  if (fs::exists(scenes / "depth")) add_depth(out, scenes, "world", "", all);
  if (fs::exists(all.world / "duplicates" / "pairs.csv"))
    out.push_back(copies_trial("world", all.world / "duplicates", "", {}));
  if (fs::exists(all.world / "clips" / "JPEGImages"))
    out.push_back(film_trial("world", all.world / "clips"));
  if (fs::exists(all.world / "pairs" / "pairs.csv"))
    out.push_back(match_trial("world", all.world / "pairs", {}));
}

}  // namespace

std::vector<Trial> all_trials(const AllOptions& options) {
  std::vector<Trial> out;
  if (!options.data.empty()) add_data(out, options);
  if (!options.world.empty()) add_world(out, options);
  std::erase_if(out, [&](const Trial& trial) {
    return !options.only.empty() &&
           std::ranges::none_of(options.only, [&](const std::string& start) {
             return trial.protocol.starts_with(start) || trial.data == start;
           });
  });
  if (out.empty())
    fail(Exit::input,
         "{}: none of the folders that are judged is there (imagenette96, pacs, segmentation, "
         "depth, "
         "video, retrieval, copydetect; of a world images, clips, pairs, duplicates)",
         options.data.empty() ? options.world.string() : options.data.string());
  return out;
}

}  // namespace troodon::scorecard
