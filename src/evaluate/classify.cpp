#include "evaluate/classify.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "evaluate/class_heads.hpp"
#include "index/knn.hpp"

namespace troodon::evaluate {
namespace {

/// Leaves out rows without a label.
frozen::Vectors labelled_rows(const frozen::Vectors& all, const char* side) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < all.features.labels.size(); ++i)
    if (all.features.labels[i] >= 0) rows.push_back(static_cast<int64_t>(i));
  if (rows.empty())
    fail(Exit::input,
         "the {} pictures have no labels; name a folder with a sub-folder per class, or a manifest "
         "with a column label",
         side);
  return rows_of(all, rows);
}

void check_classes(const frozen::Vectors& train, const frozen::Vectors& val) {
  const auto [low, high] = std::ranges::minmax(train.features.labels);
  if (low == high)
    fail(Exit::input,
         "all training pictures are of one class ({}); telling classes apart takes two",
         train.features.classes.empty() ? std::to_string(low)
                                        : train.features.classes[static_cast<size_t>(low)]);
  if (std::ranges::none_of(val.features.labels, [](int64_t label) { return label >= 0; }))
    fail(
        Exit::input,
        "no picture to be judged is of a class that was learnt; the learnt ones are called {}, ...",
        train.features.classes.empty() ? "0, 1" : train.features.classes.front());
}

void add_accuracy(metrics::Accuracy& sum, const metrics::Accuracy& one, double share) {
  sum.top1 += one.top1 * share;
  sum.top5 += one.top5 * share;
  sum.macro_top1 += one.macro_top1 * share;
  sum.macro_top5 += one.macro_top5 * share;
  sum.class_top1.resize(one.class_top1.size());
  for (size_t i = 0; i < one.class_top1.size(); ++i) sum.class_top1[i] += one.class_top1[i] * share;
}

Classified judge_once(const ClassifyOptions& options,
                      const frozen::Vectors& train,
                      const frozen::Vectors& val) {
  const Said said = apply_class_head(options, train, val);
  const auto classes = static_cast<int64_t>(train.features.classes.size());
  Classified out{.classes = train.features.classes,
                 .ids = val.features.ids,
                 .groups = val.groups,
                 .labels = val.features.labels,
                 .probabilities = said.probabilities,
                 .chosen = said.chosen,
                 .tried = said.tried,
                 .train_rows = train.features.rows};
  out.accuracy = metrics::accuracy_of(out.probabilities, classes, out.labels);
  out.calibration = metrics::calibration_of(out.probabilities, classes, out.labels);
  out.confusion = metrics::confusion_of(out.probabilities, classes, out.labels);
  return out;
}

}  // namespace

std::vector<double> Classified::right() const {
  std::vector<double> out;
  const size_t width = classes.size();
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = std::span(probabilities).subspan(i * width, width);
    out.push_back(labels[i] >= 0 && metrics::rank_of(row, labels[i]) == 0 ? 1 : 0);
  }
  return out;
}

frozen::Vectors rows_of(const frozen::Vectors& all, const std::vector<int64_t>& rows) {
  frozen::Vectors out{.features = index::subset(all.features, rows), .item_shape = all.item_shape};
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    if (!all.groups.empty()) out.groups.push_back(all.groups[at]);
    if (!all.items.empty()) out.items.push_back(all.items[at]);
  }
  return out;
}

std::pair<data::Source, data::Source> hold_out(const data::Source& all) {
  std::pair<data::Source, data::Source> out{all, all};
  out.first.items.clear();
  out.second.items.clear();
  for (size_t i = 0; i < all.items.size(); ++i)
    (i % 10 == 9 ? out.second : out.first).items.push_back(all.items[i]);
  if (out.second.items.empty())
    fail(Exit::input, "{}: too few pictures to hold some out; name --val", all.description);
  return out;
}

Classified classify_vectors(const ClassifyOptions& options,
                            const frozen::Vectors& train,
                            frozen::Vectors val) {
  frozen::Vectors examples = labelled_rows(train, "training");
  if (examples.features.classes.empty()) {
    const int64_t last = std::ranges::max(examples.features.labels);
    for (int64_t i = 0; i <= last; ++i) examples.features.classes.push_back(std::to_string(i));
  }
  index::match_classes(val.features, examples.features.classes);
  check_classes(examples, val);
  Classified out;
  if (options.per_class == 0) {
    out = judge_once(options, examples, val);
  } else {
    metrics::Accuracy mean;
    for (int64_t attempt = 0; attempt < std::max<int64_t>(options.tries, 1); ++attempt) {
      const auto rows = index::few_shot_rows(examples.features.labels,
                                             options.per_class,
                                             options.looking.seed + static_cast<uint64_t>(attempt));
      out = judge_once(options, rows_of(examples, rows), val);
      add_accuracy(
          mean, out.accuracy, 1.0 / static_cast<double>(std::max<int64_t>(options.tries, 1)));
    }
    out.accuracy = mean;
  }
  return out;
}

Classified classify(const ClassifyOptions& options,
                    const data::Source& train,
                    const data::Source& val) {
  const frozen::Vectors examples =
      look(options.looking, train, infer::Output::probe, options.layers);
  if (examples.interrupted) return {.interrupted = true};
  const frozen::Vectors judged = look(options.looking, val, infer::Output::probe, options.layers);
  if (judged.interrupted) return {.interrupted = true};
  return classify_vectors(options, examples, judged);
}

}  // namespace troodon::evaluate
