#include "index/knn.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "index/nearest.hpp"
#include "metrics/classification.hpp"

namespace troodon::index {
namespace {

/// softmax(score / temperature) over all given scores (best first), in float32 as the reference.
std::vector<float> softmax_weights(std::span<const float> scores, double temperature) {
  std::vector<float> weights(scores.size());
  const auto scale = static_cast<float>(temperature);
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    weights[i] = std::exp(scores[i] / scale - scores[0] / scale);
    sum += weights[i];
  }
  for (float& weight : weights) weight = static_cast<float>(weight / sum);
  return weights;
}

/// The rows with a label, normalised.
Features labelled(const Features& all, const char* side) {
  Features out{.dim = all.dim, .classes = all.classes};
  for (int64_t i = 0; i < static_cast<int64_t>(all.labels.size()); ++i) {
    if (all.labels[i] < 0) continue;
    out.labels.push_back(all.labels[i]);
    out.values.insert(out.values.end(), all.matrix().row(i), all.matrix().row(i) + all.dim);
  }
  out.rows = static_cast<int64_t>(out.labels.size());
  if (out.rows == 0)
    fail(Exit::input, "the {} features have no labels; kNN needs a labelled source", side);
  normalize_rows(out.values, out.dim);
  return out;
}

std::vector<KnnResult> evaluate(const Features& train,
                                const Features& val,
                                const KnnOptions& options) {
  const KnnVotes votes = knn_votes(train.matrix(), train.labels, val.matrix(), options);
  std::vector<KnnResult> out;
  for (size_t i = 0; i < votes.neighbours.size(); ++i) {
    const auto accuracy = metrics::accuracy_of(votes.probabilities[i], votes.classes, val.labels);
    out.push_back({-1, votes.neighbours[i], accuracy.top1, accuracy.top5, accuracy.macro_top1});
  }
  return out;
}

std::vector<KnnResult> evaluate_few(const Features& train,
                                    const Features& val,
                                    const KnnOptions& all,
                                    int64_t shots) {
  KnnOptions options = all;
  options.neighbours.push_back(shots);
  std::erase_if(options.neighbours, [&](int64_t k) { return k > shots; });
  std::vector<KnnResult> mean;
  for (int64_t attempt = 0; attempt < all.tries; ++attempt) {
    const auto rows = few_shot_rows(train.labels, shots, static_cast<uint64_t>(attempt));
    const auto results = evaluate(subset(train, rows), val, options);
    mean.resize(results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      const auto& [unused, k, top1, top5, macro] = results[i];
      const auto n = static_cast<double>(all.tries);
      mean[i] = {shots,
                 k,
                 mean[i].top1 + top1 / n,
                 mean[i].top5 + top5 / n,
                 mean[i].macro_top1 + macro / n};
    }
  }
  return mean;
}

}  // namespace

KnnVotes knn_votes(const Matrix& train,
                   std::span<const int64_t> labels,
                   const Matrix& queries,
                   const KnnOptions& options) {
  KnnVotes votes;
  for (const int64_t k : options.neighbours)
    votes.neighbours.push_back(std::clamp<int64_t>(k, 1, train.rows));
  std::ranges::sort(votes.neighbours);
  const auto repeats = std::ranges::unique(votes.neighbours);
  votes.neighbours.erase(repeats.begin(), repeats.end());
  if (train.rows == 0 || votes.neighbours.empty()) fail("kNN needs examples and at least one k");
  votes.classes = *std::ranges::max_element(labels) + 1;
  votes.probabilities.assign(votes.neighbours.size(),
                             std::vector<float>(static_cast<size_t>(queries.rows * votes.classes)));
  const Neighbours found = nearest(queries, train, {.k = votes.neighbours.back()});
  parallel_for(static_cast<size_t>(queries.rows), [&](size_t query) {
    const auto index = found.index_of(static_cast<int64_t>(query));
    const auto weights =
        softmax_weights(found.score_of(static_cast<int64_t>(query)), options.temperature);
    std::vector<float> votes_of(static_cast<size_t>(votes.classes));
    size_t counted = 0;
    for (size_t i = 0; i < votes.neighbours.size(); ++i) {
      for (; counted < static_cast<size_t>(votes.neighbours[i]); ++counted)
        votes_of[labels[index[counted]]] += weights[counted];
      std::ranges::copy(
          votes_of, votes.probabilities[i].begin() + static_cast<int64_t>(query) * votes.classes);
    }
  });
  return votes;
}

std::vector<int64_t> few_shot_rows(std::span<const int64_t> labels,
                                   int64_t per_class,
                                   uint64_t seed) {
  std::map<int64_t, std::vector<int64_t>> members;
  for (size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(static_cast<int64_t>(i));
  TorchRandom random(seed);
  std::vector<int64_t> rows;
  for (const auto& [label, places] : members) {
    const auto order = random.randperm(static_cast<int64_t>(places.size()));
    const auto count = std::min<size_t>(order.size(), static_cast<size_t>(per_class));
    for (size_t i = 0; i < count; ++i) rows.push_back(places[order[i]]);
  }
  return rows;
}

std::vector<KnnResult> knn_evaluate(const Features& train,
                                    const Features& val,
                                    const KnnOptions& options) {
  const Features examples = labelled(train, "training");
  Features queries = labelled(val, "validation");
  match_classes(queries, train.classes);
  std::vector<KnnResult> out = evaluate(examples, queries, options);
  for (const int64_t shots : options.per_class) {
    if (shots < 1) continue;
    const auto few = evaluate_few(examples, queries, options, shots);
    out.insert(out.end(), few.begin(), few.end());
  }
  return out;
}

}  // namespace troodon::index
