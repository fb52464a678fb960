#include "scorecard/published.hpp"

namespace troodon::scorecard {

const std::vector<Published>& published() {
  static const std::vector<Published> rows = {
      {"ImageNet-1k, kNN, top-1 %", "kNN", {"79.0", "82.1", "83.5", "83.5"}},
      {"ImageNet-1k, linear, top-1 %", "linear head", {"81.1", "84.5", "86.3", "86.5"}},
      {"ImageNet-V2, linear, top-1 %", "linear head", {"70.9", "75.1", "78.0", "78.4"}},
      {"ImageNet-ReaL, linear, top-1 %", "linear head", {"86.6", "88.3", "89.5", "89.6"}},
      {"12 fine-grained sets, logistic regression, mean %",
       "logistic regression",
       {"87.7", "90.1", "91.2", "92.1"}},
      {"ADE20k, linear, mIoU %", "masks, linear", {"44.3", "47.3", "47.7", "49.0"}},
      {"ADE20k, multi-scale, mIoU %", "masks, multi-scale", {"47.2", "51.3", "53.1", "53.0"}},
      {"Cityscapes, linear, mIoU %", "masks, linear", {"66.6", "69.4", "70.3", "71.3"}},
      {"Pascal VOC 2012, linear, mIoU %", "masks, linear", {"81.1", "82.5", "82.1", "83.0"}},
      {"NYUd, linear on one block, RMSE m",
       "depth, linear 1",
       {"0.449", "0.399", "0.384", "0.344"}},
      {"NYUd, linear on four blocks, RMSE m",
       "depth, linear 4",
       {"0.417", "0.362", "0.333", "0.298"}},
      {"NYUd, DPT, RMSE m", "depth, DPT", {"0.356", "0.317", "0.293", "0.279"}},
      {"KITTI, DPT, RMSE m", "depth, DPT", {"2.34", "2.23", "2.14", "2.11"}},
      {"Oxford, medium / hard, mAP %",
       "landmarks",
       {"68.8 / 43.2", "72.9 / 49.5", "75.1 / 54.0", "73.6 / 52.3"}},
      {"Paris, medium / hard, mAP %",
       "landmarks",
       {"84.6 / 68.5", "90.3 / 78.6", "92.7 / 83.5", "92.1 / 82.6"}},
      {"Met, GAP %", "retrieval by class", {"29.4", "36.7", "40.0", "36.8"}},
      {"ImageNet-C, mean corruption error % (lower is better)",
       "damaged pictures",
       {"54.4", "42.7", "31.5", "28.2"}},
      {"ImageNet-Sketch, linear, top-1 %", "other domains", {"41.2", "50.6", "59.3", "62.5"}},
      {"ImageNet-R, linear, top-1 %", "other domains", {"53.7", "63.3", "74.4", "78.8"}},
      {"Dollar Street, incomes low / medium / high, %",
       "groups",
       {"", "", "", "67.4 / 83.3 / 90.5"}},
      {"Dollar Street, Africa / Asia / Americas / Europe, %",
       "groups",
       {"", "", "", "74.0 / 81.6 / 86.2 / 89.7"}},
  };
  return rows;
}

}  // namespace troodon::scorecard
