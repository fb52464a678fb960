#pragma once

#include "run/journal.hpp"
#include "run/probe.hpp"

namespace troodon::run {

/// 1 - mean cosine of two nets' features of the same pictures, each net's mean taken away: 0 for
/// equal features, about 1 for unrelated ones. Throws Error if they are not as many.
double drift(const index::Features& before, const index::Features& now);

/// Watches over a run that starts from a finished backbone: where features leave those it started
/// from, or kNN falls, the last teacher that held is put back and the run ends (dinov2 #204, #431:
/// new heads can take kNN from 80 % to 25 %). Measures on the first rank.
class Guard {
 public:
  /// teacher: as the run begins or goes on after `done` steps. probe: nullptr without; then drift
  /// alone counts.
  Guard(const train::TrainConfig& config,
        const data::Source& source,
        const Probe* probe,
        int64_t done,
        model::VisionTransformer& teacher);

  static bool due(const train::TrainConfig& config, int64_t done);
  /// Whether holds() wants to hear the teacher's kNN.
  bool watches_knn() const { return first_knn_ >= 0; }
  /// Whether the teacher still keeps the limits; if so it is remembered. knn: its accuracy, where
  /// that is watched.
  bool holds(int64_t done, model::VisionTransformer& teacher, double knn, Journal& journal);
  /// Makes the networks' backbones the last teacher that held.
  void put_back(train::State& state) const;
  /// One sentence: what was passed, when, and what the run ended with.
  const std::string& verdict() const { return verdict_; }

 private:
  void remember(int64_t done, model::VisionTransformer& teacher);

  const train::TrainConfig& config_;
  EmbedSettings settings_;
  data::Source pictures_;
  index::Features first_;  ///< of pictures_, by the backbone that the run started from
  double first_knn_ = -1;  ///< of that backbone; -1: not watched
  std::vector<torch::Tensor> good_;
  int64_t good_step_ = 0;
  std::string verdict_;
};

}  // namespace troodon::run
