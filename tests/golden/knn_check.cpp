#include <algorithm>
#include <map>
#include <regex>

#include "golden.hpp"
#include "index/knn.hpp"
#include "metrics/classification.hpp"

namespace golden {
namespace {

using namespace troodon::index;
using troodon::metrics::Accuracy, troodon::metrics::accuracy_of;

Matrix matrix_of(const Tensor& rows) {
  return {rows.data_ptr<float>(), rows.size(0), rows.size(1)};
}

std::span<const int64_t> labels_of(const Tensor& labels) {
  return {labels.data_ptr<int64_t>(), static_cast<size_t>(labels.numel())};
}

/// Top-5 depends on the order of equal probabilities, mostly zeros, which the reference leaves
/// open: the range of what it may be.
std::pair<double, double> top5_range(const Tensor& probabilities, const Tensor& labels) {
  const auto own = probabilities.gather(1, labels.unsqueeze(1));
  const auto above = (probabilities > own).sum(1);
  const auto ties = (probabilities == own).sum(1);
  const auto share = [](const Tensor& right) {
    return right.to(torch::kDouble).mean().item<double>();
  };
  return {share(above + ties <= 5), share(above < 5)};
}

void check_accuracy(const std::string& what,
                    const Accuracy& ours,
                    const json& theirs,
                    Verdict& verdict) {
  verdict.near(what + " top-1", ours.top1, theirs.at("micro").at("top-1"), 1e-6);
  verdict.near(what + " macro top-1", ours.macro_top1, theirs.at("macro").at("top-1"), 1e-6);
  const json& classes = theirs.at("none").at("top-1");
  verdict.expect(what + " classes", classes.size() == ours.class_top1.size());
  for (size_t c = 0; c < std::min(classes.size(), ours.class_top1.size()); ++c) {
    if (ours.class_top1[c] == ours.class_top1[c])
      verdict.near(what + " class", ours.class_top1[c], classes[c], 1e-6);
  }
}

/// Compares a run of votes with the tensors and values whose names start with `prefix`.
void check_votes(const Case& c,
                 const std::string& prefix,
                 const KnnVotes& votes,
                 Verdict& verdict) {
  const Tensor labels = c.tensor("val_labels");
  for (size_t i = 0; i < votes.neighbours.size(); ++i) {
    const std::string k = std::to_string(votes.neighbours[i]);
    const Tensor expected = c.tensor(prefix + "probas_" + k);
    auto ours = votes.probabilities[i];
    const Tensor probabilities = torch::from_blob(ours.data(), {labels.numel(), votes.classes});
    verdict.close(prefix + "probas_" + k, probabilities, expected, 1e-5);
    const Accuracy accuracy = accuracy_of(ours, votes.classes, labels_of(labels));
    const json& values = c.values().at(prefix + "acc_" + k);
    check_accuracy(prefix + k, accuracy, values, verdict);
    const auto [low, high] = top5_range(expected, labels);
    const double top5 = values.at("micro").at("top-5");
    verdict.expect(prefix + k + " top-5 within its ties",
                   low - 1e-6 <= top5 && top5 <= high + 1e-6 && low - 1e-6 <= accuracy.top5 &&
                       accuracy.top5 <= high + 1e-6);
    if (high - low < 1e-9) verdict.near(prefix + k + " top-5", accuracy.top5, top5, 1e-6);
  }
}

void check_knn(const Case& c, Verdict& verdict) {
  const Tensor train = c.tensor("train_features"), labels = c.tensor("train_labels"),
               val = c.tensor("val_features");
  KnnOptions options{.neighbours = c.config().at("nb_knn"), .temperature = c.config().at("T")};
  check_votes(
      c, "", knn_votes(matrix_of(train), labels_of(labels), matrix_of(val), options), verdict);
  const std::regex few(R"(fewshot_(\d+)_try(\d+)\.indices)");
  for (const auto& view : c.file->tensors()) {
    std::smatch found;
    if (!std::regex_match(view.name, found, few)) continue;
    const std::string prefix =
        view.name.substr(0, view.name.size() - std::string("indices").size());
    auto rows = few_shot_rows(labels_of(labels), std::stoll(found[1]), std::stoull(found[2]));
    const Tensor places =
        torch::from_blob(rows.data(), {static_cast<int64_t>(rows.size())}, torch::kLong);
    verdict.equal(prefix + "indices", places, c.tensor(view.name));
    options.neighbours = c.values().at(prefix + "nb_knn").get<std::vector<int64_t>>();
    const Tensor some = train.index_select(0, places), some_labels = labels.index_select(0, places);
    check_votes(c,
                prefix,
                knn_votes(matrix_of(some), labels_of(some_labels), matrix_of(val), options),
                verdict);
  }
}

const Check kKnn{"evals/knn.*", check_knn};

}  // namespace
}  // namespace golden
