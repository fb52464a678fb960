#pragma once

#include <vector>

#include "report/report.hpp"
#include "run/journal.hpp"
#include "train/health.hpp"

namespace troodon::run {

/// Watches over a run: measures its health now and then, says in plain words what is wrong, and
/// ends it when going on is pointless.
class Vitals {
 public:
  explicit Vitals(const train::TrainConfig& config);

  /// Whether this step is looked at: every so often, and when its loss is not finite.
  bool due(int64_t step, const train::StepValues& values);
  /// Looks at a step that was just made and is due. Throws Error (exit 5) on a loss that is not
  /// finite.
  void watch(int64_t step,
             train::State& state,
             const train::Batch& batch,
             const train::StepValues& values,
             Journal& journal);
  /// Throws Error (exit 5) on a loss that is not finite, and no more.
  static void check(int64_t step, const train::StepValues& values);
  /// What is to be said at the end; one good finding when nothing is wrong.
  std::vector<report::Finding> findings() const;

 private:
  const train::TrainConfig& config_;
  int64_t every_;
  std::vector<double> losses_;
  train::Health last_;
  std::vector<train::Diagnosis> diagnoses_;
};

}  // namespace troodon::run
