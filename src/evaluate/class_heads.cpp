#include "evaluate/class_heads.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "evaluate/tensors.hpp"
#include "heads/head_file.hpp"
#include "heads/linear_grid.hpp"
#include "heads/logistic.hpp"
#include "heads/probes.hpp"
#include "index/knn.hpp"
#include "infer/embedder.hpp"

namespace troodon::evaluate {
namespace {

constexpr int64_t kStepsPerEpoch = 125;
constexpr int64_t kFewToChoose = 40;  ///< rows of which a tenth says nothing about C

/// Normalised class tokens of the last block: the last but one row of probe features.
std::vector<float> class_tokens(const frozen::Vectors& vectors, int64_t dim) {
  std::vector<float> out;
  const int64_t start = vectors.features.dim - 2 * dim;
  for (int64_t i = 0; i < vectors.features.rows; ++i) {
    const float* row = vectors.features.matrix().row(i) + start;
    out.insert(out.end(), row, row + dim);
  }
  index::normalize_rows(out, dim);
  return out;
}

Said vote(const ClassifyOptions& options,
          const frozen::Vectors& train,
          const frozen::Vectors& val) {
  const int64_t dim = train.item_shape.back();
  const auto examples = class_tokens(train, dim), queries = class_tokens(val, dim);
  const auto classes = static_cast<int64_t>(train.features.classes.size());
  index::KnnOptions knn{.neighbours = options.neighbours, .temperature = options.temperature};
  if (options.per_class > 0) {
    knn.neighbours.push_back(options.per_class);
    std::erase_if(knn.neighbours, [&](int64_t k) { return k > options.per_class; });
  }
  auto votes = index::knn_votes({examples.data(), train.features.rows, dim},
                                train.features.labels,
                                {queries.data(), val.features.rows, dim},
                                knn);
  Said out;
  double best = -1;
  for (size_t i = 0; i < votes.neighbours.size(); ++i) {
    // Votes of classes that the training rows do not reach are 0.
    std::vector<float> shares(static_cast<size_t>(val.features.rows * classes));
    for (int64_t row = 0; row < val.features.rows; ++row)
      std::copy_n(votes.probabilities[i].begin() + row * votes.classes,
                  votes.classes,
                  shares.begin() + row * classes);
    const double top1 = metrics::accuracy_of(shares, classes, val.features.labels).top1;
    out.tried.push_back({fmt::format("k = {}", votes.neighbours[i]), top1});
    if (top1 <= best) continue;
    best = top1;
    out.chosen = out.tried.back().name;
    out.probabilities = std::move(shares);
  }
  // Weights are of the largest k's softmax: for a smaller one they do not sum to 1.
  for (int64_t row = 0; row < val.features.rows; ++row) {
    const auto shares = std::span(out.probabilities).subspan(row * classes, classes);
    float sum = 0;
    for (const float share : shares) sum += share;
    for (float& share : shares) share = sum > 0 ? share / sum : 1.0F / static_cast<float>(classes);
  }
  return out;
}

std::vector<float> probabilities_of(const Tensor& logits) {
  return floats_of(torch::softmax(logits.to(torch::kDouble), -1));
}

heads::HeadCard card_of(const ClassifyOptions& options,
                        const frozen::Vectors& train,
                        const std::string& chosen) {
  heads::HeadCard card{.backbone = options.looking.model.string(),
                       .embed_dim = train.item_shape.back(),
                       .image_size = options.looking.size,
                       .classes = train.features.classes};
  card.backbone_hash = frozen::model_key(options.looking.model, options.looking.cache);
  card.data = fmt::format(
      "{} pictures of {} classes; {}", train.features.rows, train.features.classes.size(), chosen);
  return card;
}

void keep(const ClassifyOptions& options,
          const frozen::Vectors& train,
          const std::string& chosen,
          decltype(heads::Head::head) head) {
  if (options.head_file.empty()) return;
  heads::write_head(options.head_file, {std::move(head), card_of(options, train, chosen)});
}

/// Labels of the judged rows; those without one become class 0, which the caller doesn't count.
heads::Labelled judged(const frozen::Vectors& val) {
  const heads::Labelled all = labelled_of(val);
  const Tensor known = (all.labels >= 0).nonzero().flatten();
  return {all.features.index_select(0, known), all.labels.index_select(0, known)};
}

Said linear(const ClassifyOptions& options,
            const frozen::Vectors& train,
            const frozen::Vectors& val) {
  heads::GridOptions grid{
      .batch = options.batch, .epochs = options.epochs, .seed = options.looking.seed};
  const int64_t layers = train.item_shape.front() - 1;
  grid.blocks = layers >= 4 ? std::vector<int64_t>{1, 4} : std::vector<int64_t>{1};
  if (options.one_rate)
    grid.rates = {1e-2}, grid.blocks = {grid.blocks.back()}, grid.avgpool = {true};
  const auto classes = static_cast<int64_t>(train.features.classes.size());
  const heads::Labelled examples = labelled_of(train);
  // A step of 128 of a few hundred rows would be a handful of steps: small sets go round more
  // often.
  grid.batch = std::clamp<int64_t>(train.features.rows / 16, 16, options.batch);
  const heads::LinearGrid trained = heads::train_linear_grid(examples, classes, grid);
  const heads::GridAccuracy accuracy = heads::evaluate_linear_grid(trained, judged(val));
  Said out;
  for (int64_t i = 0; i < trained.size(); ++i)
    out.tried.push_back({heads::grid_head(trained, i).name, accuracy.top1[static_cast<size_t>(i)]});
  const heads::GridHead best = heads::grid_head(trained, accuracy.best);
  out.chosen = best.name;
  out.probabilities = probabilities_of(heads::head_logits(best, labelled_of(val).features));
  keep(options, train, out.chosen, heads::class_head(best));
  return out;
}

/// Class tokens of the last block, as they are.
heads::Labelled last_class_tokens(const frozen::Vectors& vectors) {
  const heads::Labelled all = labelled_of(vectors);
  return {heads::linear_input(all.features, 1, false), all.labels};
}

Said logistic(const ClassifyOptions& options,
              const frozen::Vectors& train,
              const frozen::Vectors& val) {
  const auto classes = static_cast<int64_t>(train.features.classes.size());
  const heads::Labelled examples = last_class_tokens(train);
  const heads::LogisticOptions logistic{.seed = options.looking.seed,
                                        .threads = options.looking.threads};
  Said out;
  heads::LogisticModel model;
  if (options.c > 0 || train.features.rows < kFewToChoose) {
    model = heads::fit_logistic(examples, classes, options.c > 0 ? options.c : 1.0, logistic);
  } else {
    heads::LogisticChoice choice =
        heads::select_logistic(examples, std::nullopt, classes, logistic);
    for (size_t i = 0; i < choice.c.size(); ++i)
      out.tried.push_back({fmt::format("C = {:.3g}", choice.c[i]), choice.top1[i]});
    model = std::move(choice.model);
  }
  out.chosen = fmt::format("C = {:.3g}", model.c);
  out.probabilities =
      floats_of(heads::logistic_probabilities(model, last_class_tokens(val).features));
  keep(options, train, out.chosen, heads::class_head(model));
  return out;
}

Said probe(const ClassifyOptions& options,
           const frozen::Vectors& train,
           const frozen::Vectors& val) {
  const auto classes = static_cast<int64_t>(train.features.classes.size());
  heads::ProbeOptions probe{.batch = options.batch};
  const int64_t steps = std::max<int64_t>(
      options.epochs * ((train.features.rows + options.batch - 1) / options.batch), 100);
  probe.training = heads::probe_training(steps);
  probe.training.seed = options.looking.seed;
  heads::Labelled examples = labelled_of(train);
  Tensor shown = labelled_of(val).features;
  Said out;
  if (options.head == ClassHeadKind::mlp) {
    examples.features = heads::linear_input(examples.features, 1, true);
    const auto mlp = heads::train_mlp_probe(examples, classes, probe);
    out.chosen = fmt::format("{} hidden units", mlp.hidden);
    out.probabilities =
        probabilities_of(heads::probe_logits(mlp, heads::linear_input(shown, 1, true)));
    keep(options, train, out.chosen, mlp);
    return out;
  }
  while (train.item_shape.back() % probe.heads != 0) --probe.heads;
  const auto attentive = heads::train_attentive_probe(examples, classes, probe);
  out.chosen = fmt::format("{} heads", attentive.heads);
  out.probabilities = probabilities_of(heads::probe_logits(attentive, shown));
  keep(options, train, out.chosen, attentive);
  return out;
}

}  // namespace

Said apply_class_head(const ClassifyOptions& options,
                      const frozen::Vectors& train,
                      const frozen::Vectors& val) {
  switch (options.head) {
    case ClassHeadKind::knn:
      return vote(options, train, val);
    case ClassHeadKind::linear:
      return linear(options, train, val);
    case ClassHeadKind::logistic:
      return logistic(options, train, val);
    default:
      return probe(options, train, val);
  }
}

}  // namespace troodon::evaluate
