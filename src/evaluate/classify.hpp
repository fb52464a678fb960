#pragma once

#include <string>
#include <vector>

#include "evaluate/looking.hpp"
#include "metrics/calibration.hpp"
#include "metrics/classification.hpp"

namespace troodon::evaluate {

/// Which tiny head tells the classes apart.
enum class ClassHeadKind {
  knn,        ///< a vote of the nearest training pictures: nothing is trained (spec section 4.1)
  linear,     ///< the official grid of linear heads, the best by top-1 (section 4.2)
  logistic,   ///< multinomial logistic regression on the class token (section 4.3)
  mlp,        ///< one hidden layer on class token and mean patch token
  attentive,  ///< a query that attends over the class tokens of the last blocks and the mean patch
};

struct ClassifyOptions {
  Looking looking;
  ClassHeadKind head = ClassHeadKind::linear;
  int64_t layers = 4;  ///< class tokens of so many last blocks are at hand
  std::vector<int64_t> neighbours = {10, 20, 100, 200};
  double temperature = 0.07;
  int64_t per_class = 0;  ///< few-shot: so many examples of each class; 0: all
  int64_t tries = 1;      ///< few-shot: random subsets, accuracies averaged
  int64_t epochs = 10;    ///< linear, mlp, attentive
  int64_t batch = 128;    ///< linear: pictures in a step
  bool one_rate = false;  ///< linear: a single head instead of the grid
  double c = 0;           ///< logistic: 0 chooses on a tenth of the training pictures
  fs::path head_file;     ///< keeps the head; "": it is thrown away
};

/// One choice that was tried, and how it did.
struct Tried {
  std::string name;
  double top1 = 0;
};

/// What a head said of pictures that it had not seen.
struct Classified {
  std::vector<std::string> classes;
  std::vector<std::string> ids, groups;  ///< [rows]
  std::vector<int64_t> labels;           ///< [rows]; -1: a class unknown to the head
  std::vector<float> probabilities;      ///< [rows, classes]; of kNN: votes
  metrics::Accuracy accuracy;            ///< few-shot: means over the tries
  metrics::Calibration calibration;
  std::vector<int64_t> confusion;  ///< [classes, classes], truth major
  std::string chosen;              ///< "k = 20", "C = 0.01", the name of a head of the grid
  std::vector<Tried> tried;
  int64_t train_rows = 0;
  bool interrupted = false;

  /// 1 where the likeliest class is right, else 0: [rows].
  std::vector<double> right() const;
};

/// Learns from `train`, judges on `val`; classes are matched by name. Throws Error (exit 4) where
/// labels are missing or there is one class only.
Classified classify(const ClassifyOptions& options,
                    const data::Source& train,
                    const data::Source& val);

/// The same on features that are at hand already.
Classified classify_vectors(const ClassifyOptions& options,
                            const frozen::Vectors& train,
                            frozen::Vectors val);

/// Every tenth picture of a labelled source to judge on, the others to learn from.
std::pair<data::Source, data::Source> hold_out(const data::Source& all);

/// Rows of features, in that order.
frozen::Vectors rows_of(const frozen::Vectors& all, const std::vector<int64_t>& rows);

}  // namespace troodon::evaluate
