#include "scorecard/trials.hpp"

#include <memory>
#include <optional>

#include <fmt/ranges.h>

#include "scorecard/exhibits.hpp"
#include "scorecard/html.hpp"

namespace troodon::scorecard {
namespace {

constexpr const char* kHeadNames[] = {
    "kNN", "linear head", "logistic regression", "MLP", "attentive probe"};

constexpr const char* kDescriptorNames[] = {"cls", "pooled", "deep"};

/// Whose errors under damage count as 1: everyone has it.
constexpr const char* kReference = "colour";

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

std::string descriptor_words(const evaluate::RetrieveOptions& options) {
  return fmt::format("{} {}",
                     kDescriptorNames[static_cast<size_t>(options.descriptor)],
                     fmt::join(options.scales, ","));
}

std::vector<Figure> figures_of(const evaluate::Classified& said) {
  return {{"top-1", said.accuracy.top1},
          {"top-5", said.accuracy.top5},
          {"mean per class", said.accuracy.macro_top1},
          {"calibration error", said.calibration.expected_error, Better::lower}};
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
  const auto judge = [=](const evaluate::Looking& looking) {
    evaluate::RobustOptions own = options;
    own.classify.looking = looking;
    return evaluate::robust(own, data::open_source(train), data::open_source(val));
  };
  // Judged once, whoever is compared with it.
  const auto reference = std::make_shared<std::optional<evaluate::Robust>>();
  const auto run = [=](const evaluate::Looking& looking) {
    if (!*reference) *reference = judge(of_baseline(looking, kReference));
    const auto said = looking.model == kReference ? **reference : judge(looking);
    if (said.interrupted || (*reference)->interrupted) return Outcome{.interrupted = true};
    return Outcome{.figures = {{"mean error", said.mean_error, Better::lower},
                               {"clean error", said.clean_error, Better::lower},
                               {fmt::format("mCE ({} = 1)", kReference),
                                metrics::mean_corruption_error(said.errors, (*reference)->errors),
                                Better::lower}},
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
          .settings = fmt::format("{} {}", folder.string(), descriptor_words(options)),
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
  return {.protocol = "retrieval by class",
          .data = data,
          .settings = fmt::format(
              "{} {} {}", source, fmt::join(options.kappas, ","), descriptor_words(options)),
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
  return {
      .protocol = "copies",
      .data = data,
      .settings = fmt::format("{} {} {}", folder.string(), distractors, descriptor_words(options)),
      .sources = {folder, place_of(distractors)},
      .explanation = "Changed copies look for their originals; one threshold for all.",
      .run = run};
}

}  // namespace troodon::scorecard
