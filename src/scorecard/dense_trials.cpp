#include <fmt/format.h>

#include "scorecard/exhibits.hpp"
#include "scorecard/html.hpp"
#include "scorecard/trials.hpp"

namespace troodon::scorecard {
namespace {

std::vector<Figure> figures_of(const metrics::DepthScores& s) {
  return {{"RMSE", s.rmse, Better::lower},
          {"AbsRel", s.abs_rel, Better::lower},
          {"a1", s.a1},
          {"a2", s.a2},
          {"a3", s.a3},
          {"log10", s.log10, Better::lower},
          {"RMSElog", s.rmse_log, Better::lower},
          {"SILog", s.silog, Better::lower}};
}

}  // namespace

Trial masks_trial(const std::string& data,
                  const fs::path& folder,
                  const evaluate::SegmentOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::SegmentOptions own = options;
    own.looking = looking;
    const auto [train, val] = evaluate::open_split_masks(folder);
    const auto said = evaluate::segment(own, train, val);
    if (said.interrupted) return Outcome{.interrupted = true};
    Outcome out{.figures = {{"mIoU", said.scores.miou},
                            {"pixel accuracy", said.scores.aacc},
                            {"mean accuracy", said.scores.macc}}};
    out.pictures = {"mIoU", said.ids, said.miou};
    out.exhibit = part("Class by class", classes_html(said.classes, said.scores)) +
                  part("Examples", masks_html(said.shown));
    return out;
  };
  return {.protocol = options.layers == 1 ? "masks, linear" : "masks, multi-scale",
          .data = data,
          .settings = fmt::format(
              "{} {} {} {}", folder.string(), options.layers, options.iterations, options.lr),
          .sources = {folder},
          .explanation = "Batch norm and a 1x1 convolution on patch tokens, judged at full size.",
          .run = run};
}

Trial discover_trial(const std::string& data,
                     const fs::path& folder,
                     const evaluate::DiscoverOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::DiscoverOptions own = options;
    own.looking = looking;
    const auto said = evaluate::discover(
        own, datasets::open_masks(folder, datasets::has_splits(folder) ? "val" : ""));
    if (said.interrupted) return Outcome{.interrupted = true};
    Outcome out{.figures = {{"matched mIoU", said.scores.miou},
                            {"pixel accuracy", said.scores.aacc},
                            {"foreground IoU", said.foreground_iou}}};
    out.pictures = {"mIoU", said.ids, said.miou};
    out.exhibit = part("Examples", masks_html(said.shown));
    return out;
  };
  return {
      .protocol = "masks, untaught",
      .data = data,
      .settings = fmt::format("{} {} {}", folder.string(), options.clusters, options.iterations),
      .sources = {folder},
      .explanation =
          "k-means over patch tokens; labels only name the clusters. Foreground: the "
          "side of the first principal component that touches the edges less, against "
          "all classes but the first.",
      .run = run};
}

Trial depth_trial(const std::string& data,
                  const fs::path& folder,
                  const std::string& group,
                  const evaluate::DepthOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::DepthOptions own = options;
    own.looking = looking;
    const auto said =
        evaluate::depth(own,
                        datasets::open_depth(folder, {.split = "train", .group = group}),
                        datasets::open_depth(folder, {.split = "val", .group = group}));
    if (said.interrupted) return Outcome{.interrupted = true};
    Outcome out{.figures = figures_of(said.scores)};
    out.pictures = {"RMSE", said.ids, said.rmse, Better::lower};
    out.exhibit = part("Examples", depth_html(said.shown));
    return out;
  };
  constexpr const char* kNames[] = {"depth, linear 1", "depth, linear 4", "depth, DPT"};
  return {.protocol = kNames[static_cast<size_t>(options.decoder)],
          .data = data,
          .settings = fmt::format("{} {} {} {} {} {} {} {}",
                                  folder.string(),
                                  group,
                                  options.iterations,
                                  options.lr,
                                  options.judged.range.min,
                                  options.judged.range.max,
                                  static_cast<int>(options.judged.crop),
                                  options.official_gradient),
          .sources = {folder},
          .explanation = "Metres from raw block outputs with class tokens; means over pictures.",
          .run = run,
          .needs_network = options.decoder == evaluate::DepthDecoder::dpt};
}

Trial video_trial(const std::string& data,
                  const fs::path& folder,
                  const evaluate::VideoOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::VideoOptions own = options;
    own.looking = looking;
    const auto said = evaluate::propagate_masks(own, datasets::open_clips(folder));
    if (said.interrupted) return Outcome{.interrupted = true};
    std::vector<std::pair<std::string, std::vector<Cell>>> rows;
    for (const auto& clip : said.clips)
      rows.emplace_back(clip.name,
                        std::vector<Cell>{{std::to_string(clip.objects)},
                                          {std::to_string(clip.frames)},
                                          {three_digits(clip.j)},
                                          {three_digits(clip.f)},
                                          {three_digits(clip.jf()), -1, true}});
    return Outcome{
        .figures = {{"J&F", said.jf()}, {"J", said.j}, {"F", said.f}},
        .exhibit =
            part("Clip by clip", table_html("clip", {"objects", "frames", "J", "F", "J&F"}, rows))};
  };
  return {.protocol = "video",
          .data = data,
          .settings = fmt::format("{} {} {} {} {}",
                                  folder.string(),
                                  options.frames,
                                  options.neighbours,
                                  options.radius,
                                  options.temperature),
          .sources = {folder},
          .explanation =
              "The first mask is carried through the frames by patch features alone; "
              "nothing is trained.",
          .run = run};
}

Trial match_trial(const std::string& data,
                  const fs::path& folder,
                  const evaluate::MatchOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::MatchOptions own = options;
    own.looking = looking;
    const auto said = evaluate::match_keypoints(own, datasets::open_keypoints(folder));
    if (said.interrupted) return Outcome{.interrupted = true};
    return Outcome{.figures = {{fmt::format("PCK@{:g}", own.alpha), said.pck.per_point},
                               {"per pair", said.pck.per_pair},
                               {"mutual share", said.mutual},
                               {"PCK of mutual", said.mutual_right}}};
  };
  return {.protocol = "matching",
          .data = data,
          .settings = fmt::format("{} {}", folder.string(), options.alpha),
          .sources = {folder},
          .explanation = "Points of one picture go to the likest place of the other.",
          .run = run};
}

}  // namespace troodon::scorecard
