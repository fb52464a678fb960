#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::metrics {

/// Shares in [0, 1] of rows whose label is the likeliest class, or among the five likeliest.
struct Accuracy {
  double top1 = 0, top5 = 0;
  double macro_top1 = 0, macro_top5 = 0;       ///< mean over the classes that occur
  std::vector<double> class_top1, class_top5;  ///< [classes]; NaN where a class does not occur
};

/// scores [rows, classes], any scale; labels [rows] (-1 and unknown ones count as wrong). Equal
/// scores go by the lower class. Throws Error if the sizes do not fit.
Accuracy accuracy_of(std::span<const float> scores,
                     int64_t classes,
                     std::span<const int64_t> labels);

/// Place of a class among the scores [classes] of one row: 0 is the likeliest; equal scores go by
/// the lower class.
int64_t rank_of(std::span<const float> scores, int64_t label);

/// How often each class was taken for each: counts [classes, classes], truth major. Rows whose
/// label is unknown are left out.
std::vector<int64_t> confusion_of(std::span<const float> scores,
                                  int64_t classes,
                                  std::span<const int64_t> labels);

/// Softmax of each row of logits [rows, classes].
std::vector<float> softmax_rows(std::span<const float> logits, int64_t classes);

/// Area under the precision-recall steps: sum of (recall_i - recall_i-1) precision_i over falling
/// scores, equal ones together (scikit-learn's average_precision_score). scores, positive [rows];
/// NaN without a positive.
double average_precision(std::span<const double> scores, std::span<const uint8_t> positive);

/// Mean of the values that are no NaN; NaN if there is none.
double mean_without_nan(std::span<const double> values);

}  // namespace troodon::metrics
