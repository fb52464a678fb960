#include <cstdio>
#include <exception>

#include <nlohmann/json.hpp>

#include "base/tensor_file.hpp"
#include "index/knn.hpp"
#include "metrics/calibration.hpp"
#include "metrics/classification.hpp"
#include "metrics/depth.hpp"
#include "metrics/retrieval.hpp"
#include "metrics/segmentation.hpp"
#include "metrics/video.hpp"

// Every metric that other libraries have too, of the inputs in a safetensors file, as JSON:
// tests/interop/metric_peers.py writes the inputs and compares the answers.

namespace {

using namespace troodon;
using namespace troodon::metrics;
using nlohmann::json;

json classes_of(const TensorFile& in) {
  const TensorView& scores = in.at("scores");
  const auto values = scores.as<float>();
  const auto labels = in.at("labels").as<int64_t>();
  const int64_t classes = scores.shape.at(1);
  const Accuracy accuracy = accuracy_of(values, classes, labels);
  const Calibration calibration = calibration_of(values, classes, labels);
  return {{"top1", accuracy.top1},
          {"top5", accuracy.top5},
          {"macro", accuracy.macro_top1},
          {"confusion", confusion_of(values, classes, labels)},
          {"softmax", softmax_rows(in.at("logits").as<float>(), classes)},
          {"expected_error", calibration.expected_error},
          {"maximum_error", calibration.maximum_error},
          {"log_loss", calibration.negative_log_likelihood},
          {"brier", calibration.brier}};
}

json lists_of(const TensorFile& in) {
  const auto scores = in.at("binary_scores").as<double>();
  const auto positive = in.at("positive").as<uint8_t>();
  const TensorView& ranks = in.at("ranks");
  const int64_t rows = ranks.shape.at(1);
  const auto order = ranks.as<int64_t>();
  const auto wanted = in.at("wanted").as<uint8_t>();
  std::vector<std::vector<int64_t>> lists, relevant;
  for (int64_t q = 0; q < ranks.shape.at(0); ++q) {
    const auto list = order.subspan(q * rows, rows);
    lists.emplace_back(list.begin(), list.end());
    relevant.emplace_back();
    for (int64_t row = 0; row < rows; ++row)
      if (wanted[q * rows + row]) relevant.back().push_back(row);
  }
  int64_t positives = 0;
  for (const uint8_t p : positive) positives += p;
  return {{"average_precision", average_precision(scores, positive)},
          {"micro_average_precision", micro_average_precision(scores, positive, positives).value},
          {"map", mean_average_precision_at(rows, lists, relevant)}};
}

json masks_of(const TensorFile& in) {
  const int64_t classes = in.at("scores").shape.at(1);
  PixelCounts counts(classes);
  counts.add(in.at("mask_pred").as<int32_t>(), in.at("mask_truth").as<int32_t>());
  const SegmentationScores scores = counts.scores();
  const TensorView &ours = in.at("objects_pred"), &theirs = in.at("objects_truth");
  const auto pixels = static_cast<size_t>(ours.shape.at(1) * ours.shape.at(2));
  std::vector<double> regions;
  for (size_t i = 0; i < static_cast<size_t>(ours.shape.at(0)); ++i)
    regions.push_back(region_similarity(ours.as<uint8_t>().subspan(i * pixels, pixels),
                                        theirs.as<uint8_t>().subspan(i * pixels, pixels)));
  return {{"iou", scores.iou},
          {"accuracy", scores.accuracy},
          {"miou", scores.miou},
          {"macc", scores.macc},
          {"aacc", scores.aacc},
          {"regions", regions}};
}

json depth_of(const TensorFile& in) {
  const TensorView& truth = in.at("depth_truth");
  const DepthScores scores = depth_scores(
      in.at("depth_pred").as<double>(), truth.as<double>(), truth.shape.at(0), truth.shape.at(1));
  return {{"rmse", scores.rmse}, {"rmse_log", scores.rmse_log}, {"abs_rel", scores.abs_rel}};
}

index::Matrix matrix_of(const TensorView& view) {
  return {view.as<float>().data(), view.shape.at(0), view.shape.at(1)};
}

/// Votes of equal weight: at this temperature the nearest counts no more than the furthest.
json votes_of(const TensorFile& in) {
  const auto ks = in.at("neighbours").as<int64_t>();
  const auto votes = index::knn_votes(matrix_of(in.at("train")),
                                      in.at("train_labels").as<int64_t>(),
                                      matrix_of(in.at("queries")),
                                      {.neighbours = {ks.begin(), ks.end()}, .temperature = 1e9});
  return {{"neighbours", votes.neighbours}, {"votes", votes.probabilities}};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: metrics_dump FILE.safetensors");
    const TensorFile in(argv[1]);
    const json out = {{"classes", classes_of(in)},
                      {"lists", lists_of(in)},
                      {"masks", masks_of(in)},
                      {"depth", depth_of(in)},
                      {"knn", votes_of(in)}};
    std::puts(out.dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
