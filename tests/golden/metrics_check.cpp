#include <cmath>

#include "golden.hpp"
#include "metrics/depth.hpp"
#include "metrics/retrieval.hpp"
#include "metrics/segmentation.hpp"
#include "metrics/video.hpp"

namespace golden {
namespace {

using namespace troodon::metrics;

constexpr double kExact = 1e-10;  // counting and sums in double

template <class T>
std::vector<T> values_of(const Tensor& tensor, torch::Dtype type) {
  const Tensor flat = tensor.to(type).contiguous();
  return {flat.data_ptr<T>(), flat.data_ptr<T>() + flat.numel()};
}

/// The reference writes NaN as null.
void near(const std::string& what, double ours, const json& theirs, Verdict& verdict) {
  if (theirs.is_null())
    verdict.expect(what + " is NaN", std::isnan(ours));
  else
    verdict.near(what, ours, theirs.get<double>(), kExact);
}

void near(const std::string& what,
          const std::vector<double>& ours,
          const json& theirs,
          Verdict& verdict) {
  verdict.expect(what + " size", ours.size() == theirs.size());
  for (size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i)
    near(what + " " + std::to_string(i), ours[i], theirs[i], verdict);
}

void check_miou(const Case& c, Verdict& verdict) {
  for (const bool reduce : {false, true}) {
    PixelCounts counts(c.config().at("num_classes"),
                       {.ignore = c.config().at("ignore_index"), .reduce_zero_label = reduce});
    for (int64_t i = 0; c.has(std::to_string(i) + ".gt"); ++i) {
      const std::string name = std::to_string(i);
      counts.add(values_of<int32_t>(c.tensor(name + ".pred"), torch::kInt),
                 values_of<int32_t>(c.tensor(name + ".gt"), torch::kInt));
    }
    const std::string name = reduce ? "metrics_reduce_zero_label" : "metrics";
    const json& theirs = c.values().at(name);
    const SegmentationScores ours = counts.scores();
    near(name + " IoU", ours.iou, theirs.at("IoU"), verdict);
    near(name + " Acc", ours.accuracy, theirs.at("Acc"), verdict);
    near(name + " mIoU", ours.miou, theirs.at("mIoU"), verdict);
    near(name + " mAcc", ours.macc, theirs.at("mAcc"), verdict);
    near(name + " aAcc", ours.aacc, theirs.at("aAcc"), verdict);
  }
}

void check_depth_scores(const std::string& what,
                        const DepthScores& ours,
                        const json& theirs,
                        Verdict& verdict) {
  const std::vector<std::pair<const char*, double>> fields = {{"a1", ours.a1},
                                                              {"a2", ours.a2},
                                                              {"a3", ours.a3},
                                                              {"abs_rel", ours.abs_rel},
                                                              {"sq_rel", ours.sq_rel},
                                                              {"rmse", ours.rmse},
                                                              {"rmse_log", ours.rmse_log},
                                                              {"silog", ours.silog},
                                                              {"log_10", ours.log10}};
  for (const auto& [name, value] : fields) near(what + name, value, theirs.at(name), verdict);
}

void check_depth(const Case& c, Verdict& verdict) {
  for (const auto& limit : c.config().at("max_depth")) {
    const DepthOptions options{
        .range = {.min = c.config().at("min_depth"), .max = limit.get<double>()}};
    const std::string suffix = ".max" + limit.dump();
    std::vector<DepthScores> pictures;
    for (int64_t i = 0; c.has(std::to_string(i) + ".gt"); ++i) {
      const std::string name = std::to_string(i);
      const Tensor truth = c.tensor(name + ".gt");
      pictures.push_back(depth_scores(values_of<double>(c.tensor(name + ".pred"), torch::kDouble),
                                      values_of<double>(truth, torch::kDouble),
                                      truth.size(0),
                                      truth.size(1),
                                      options));
      check_depth_scores(
          name + suffix + " ", pictures.back(), c.values().at(name + suffix), verdict);
    }
    check_depth_scores(
        "mean" + suffix + " ", mean_of(pictures), c.values().at("mean" + suffix), verdict);
  }
}

void check_jf(const Case& c, Verdict& verdict) {
  const json& results = c.values().at("results");
  for (size_t i = 0; i < results.size(); ++i) {
    const std::string name = std::to_string(i);
    const Tensor truth = c.tensor(name + ".gt"), pred = c.tensor(name + ".pred");
    const auto ours = values_of<uint8_t>(pred, torch::kByte),
               theirs = values_of<uint8_t>(truth, torch::kByte);
    const int64_t height = truth.size(0), width = truth.size(1);
    auto map = boundary_map(theirs, height, width);
    verdict.equal(name + " boundary",
                  torch::from_blob(map.data(), {height, width}, torch::kByte),
                  c.tensor(name + ".bmap_gt"));
    const auto f = boundary_accuracy(ours, theirs, height, width, c.config().at("bound_th"));
    near(name + " J", region_similarity(ours, theirs), results[i].at("J"), verdict);
    near(name + " F", f.f, results[i].at("F"), verdict);
    near(name + " precision", f.precision, results[i].at("precision"), verdict);
    near(name + " recall", f.recall, results[i].at("recall"), verdict);
  }
}

std::vector<QueryTruth> truths_of(const json& given) {
  std::vector<QueryTruth> out;
  for (const json& truth : given)
    out.push_back({.easy = truth.at("easy"), .hard = truth.at("hard"), .junk = truth.at("junk")});
  return out;
}

void check_retrieval(const Case& c, Verdict& verdict) {
  const Tensor ranks = c.tensor("ranks");  // [db, query]
  std::vector<std::vector<int64_t>> lists;
  for (int64_t q = 0; q < ranks.size(1); ++q)
    lists.push_back(values_of<int64_t>(ranks.select(1, q), torch::kLong));
  const auto truths = truths_of(c.values().at("gnd"));
  const std::vector<int64_t> kappas = c.config().at("kappas");
  const std::vector<std::pair<const char*, Difficulty>> levels = {
      {"easy", Difficulty::easy}, {"medium", Difficulty::medium}, {"hard", Difficulty::hard}};
  for (const auto& [name, level] : levels) {
    const Revisited ours = revisited(lists, truths, level, kappas);
    const json& theirs = c.values().at(name);
    near(std::string(name) + " mAP", ours.map, theirs.at("mAP"), verdict);
    near(std::string(name) + " aps", ours.aps, theirs.at("aps"), verdict);
    near(std::string(name) + " mP@k", ours.precision_at, theirs.at("mP@k"), verdict);
  }
}

void check_uap(const Case& c, Verdict& verdict) {
  const auto ours =
      micro_average_precision(values_of<double>(c.tensor("scores"), torch::kDouble),
                              values_of<uint8_t>(c.tensor("is_positive"), torch::kByte),
                              c.config().at("num_positives"));
  near("uAP", ours.value, c.values().at("uAP"), verdict);
  const auto tensor = [](const std::vector<double>& values) {
    return torch::tensor(values, torch::kDouble);
  };
  verdict.near("precisions", tensor(ours.precisions), c.tensor("precisions"), kExact);
  verdict.near("recalls", tensor(ours.recalls), c.tensor("recalls"), kExact);
}

const Check kMiou{"evals/miou", check_miou};
const Check kDepth{"evals/depth_metrics", check_depth};
const Check kJf{"evals/jf", check_jf};
const Check kRetrieval{"evals/retrieval", check_retrieval};
const Check kUap{"evals/uap", check_uap};

}  // namespace
}  // namespace golden
