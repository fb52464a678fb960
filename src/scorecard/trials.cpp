#include "scorecard/trials.hpp"

#include <fmt/ranges.h>

#include "scorecard/exhibits.hpp"
#include "scorecard/html.hpp"

namespace troodon::scorecard {
namespace {

constexpr const char* kHeadNames[] = {
    "kNN", "linear head", "logistic regression", "MLP", "attentive probe"};

/// The folder or file that a source's name means, without its ?split=...
fs::path place_of(const std::string& source) {
  return source.substr(0, source.find('?'));
}

std::string settings_of(const evaluate::ClassifyOptions& o) {
  return fmt::format("{} {} {} {} {} {} {} {} {}",
                     o.layers,
                     fmt::join(o.neighbours, ","),
                     o.temperature,
                     o.per_class,
                     o.tries,
                     o.epochs,
                     o.batch,
                     o.one_rate,
                     o.c);
}

std::string name_of(const evaluate::ClassifyOptions& options) {
  std::string out = kHeadNames[static_cast<size_t>(options.head)];
  if (options.per_class > 0) out += fmt::format(", {} of a class", options.per_class);
  return out;
}

std::vector<Figure> figures_of(const evaluate::Classified& said) {
  return {{"top-1", said.accuracy.top1},
          {"top-5", said.accuracy.top5},
          {"mean per class", said.accuracy.macro_top1},
          {"calibration error", said.calibration.expected_error, Better::lower}};
}

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

Trial classes_trial(const std::string& data,
                    const std::string& train,
                    const std::string& val,
                    const evaluate::ClassifyOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::ClassifyOptions own = options;
    own.looking = looking;
    const auto said = evaluate::classify(own, data::open_source(train), data::open_source(val));
    if (said.interrupted) return Outcome{.interrupted = true};
    Outcome out{.figures = figures_of(said), .chosen = said.chosen};
    out.pictures = {"right", said.ids, said.right()};
    out.exhibit = part("Confusions", confusion_html(said.classes, said.confusion)) +
                  part("Calibration", calibration_html(said.calibration));
    return out;
  };
  return {
      .protocol = name_of(options),
      .data = data,
      .settings = train + " " + val + " " + settings_of(options),
      .sources = {place_of(train), place_of(val)},
      .explanation = fmt::format("Learnt from {}, judged on {}. What was chosen (k, the head of "
                                 "the grid) was chosen on the judged pictures, as the official "
                                 "protocol does; C on a tenth of the learnt ones.",
                                 train,
                                 val),
      .run = run};
}

Trial domains_trial(const std::string& data, const evaluate::DomainOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::DomainOptions own = options;
    own.classify.looking = looking;
    const auto said = evaluate::domains(own);
    if (said.interrupted) return Outcome{.interrupted = true};
    return Outcome{.figures = {{"top-1 on other domains", said.other}, {"on its own", said.own}},
                   .exhibit = part("From each domain to each", domains_html(said))};
  };
  return {.protocol = "other domains, " + name_of(options.classify),
          .data = data,
          .settings = fmt::format("{} {} {} {}",
                                  options.data,
                                  options.column,
                                  options.folds,
                                  settings_of(options.classify)),
          .sources = {place_of(options.data)},
          .explanation = "A head learns one style and is judged on each of the others.",
          .run = run};
}

Trial damage_trial(const std::string& data,
                   const std::string& train,
                   const std::string& val,
                   const evaluate::RobustOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::RobustOptions own = options;
    own.classify.looking = looking;
    const auto said = evaluate::robust(own, data::open_source(train), data::open_source(val));
    if (said.interrupted) return Outcome{.interrupted = true};
    return Outcome{.figures = {{"mean error", said.mean_error, Better::lower},
                               {"clean error", said.clean_error, Better::lower}},
                   .exhibit = part("Errors under damage", robust_html(said))};
  };
  return {.protocol = "damaged pictures, " + name_of(options.classify),
          .data = data,
          .settings = fmt::format("{} {} {} {} {}",
                                  train,
                                  val,
                                  options.limit,
                                  options.corruptions.size(),
                                  settings_of(options.classify)),
          .sources = {place_of(train), place_of(val)},
          .explanation =
              "A head that learnt sound pictures sees noise, blur, weather, compression at "
              "five strengths.",
          .run = run};
}

Trial landmarks_trial(const std::string& data,
                      const fs::path& folder,
                      const evaluate::RetrieveOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::RetrieveOptions own = options;
    own.looking = looking;
    const auto said = evaluate::retrieve_landmarks(own, folder);
    if (said.interrupted) return Outcome{.interrupted = true};
    return Outcome{.figures = {{"mAP medium", said.medium.map},
                               {"mAP easy", said.easy.map},
                               {"mAP hard", said.hard.map}}};
  };
  return {.protocol = "landmarks",
          .data = data,
          .settings = fmt::format("{} {}", folder.string(), static_cast<int>(options.descriptor)),
          .sources = {folder},
          .explanation =
              "Revisited Oxford and Paris: all pictures ranked by cosine to each query; "
              "junk does not count.",
          .run = run};
}

Trial labels_trial(const std::string& data,
                   const std::string& source,
                   const evaluate::RetrieveOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::RetrieveOptions own = options;
    own.looking = looking;
    const auto said = evaluate::retrieve_labels(own, data::open_source(source));
    if (said.interrupted) return Outcome{.interrupted = true};
    Outcome out{.figures = {{fmt::format("mAP@{}", own.kappas.back()), said.map_at.back()},
                            {"recall@1", said.recall_at_1},
                            {"GAP", said.gap}}};
    out.pictures = {"right", said.ids, said.right};
    return out;
  };
  return {
      .protocol = "retrieval by class",
      .data = data,
      .settings = fmt::format(
          "{} {} {}", source, fmt::join(options.kappas, ","), static_cast<int>(options.descriptor)),
      .sources = {place_of(source)},
      .explanation = "Every picture looks for the others of its class.",
      .run = run};
}

Trial copies_trial(const std::string& data,
                   const fs::path& folder,
                   const std::string& distractors,
                   const evaluate::RetrieveOptions& options) {
  const auto run = [=](const evaluate::Looking& looking) {
    evaluate::RetrieveOptions own = options;
    own.looking = looking;
    const auto said = evaluate::retrieve_copies(own, folder, distractors);
    if (said.interrupted) return Outcome{.interrupted = true};
    return Outcome{.figures = {{"µAP", said.uap}, {"recall@1", said.recall_at_1}},
                   .exhibit = part("Change by change", changes_html(said))};
  };
  return {.protocol = "copies",
          .data = data,
          .settings = fmt::format(
              "{} {} {}", folder.string(), distractors, static_cast<int>(options.descriptor)),
          .sources = {folder, place_of(distractors)},
          .explanation = "Changed copies look for their originals; one threshold for all.",
          .run = run};
}

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
