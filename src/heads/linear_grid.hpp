#pragma once

#include <functional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "heads/weights.hpp"
#include "model/vit.hpp"

namespace troodon::heads {

/// What the official linear classifier sees of probe features [rows,n+1,D] (class tokens of the
/// last n blocks ascending, then the mean patch token of the last): the class tokens of the last
/// `blocks` blocks and, with avgpool, the mean -> [rows,(blocks [+1])*D]. Spec dinov2.md 4.2.
Tensor linear_input(const Tensor& probe, int64_t blocks, bool avgpool);

/// The same from tokens: layers ascending, patches [B,N,D] (not reshaped), cls_token [B,D].
Tensor linear_input(const std::vector<model::IntermediateLayer>& layers,
                    int64_t blocks,
                    bool avgpool);

/// Probe features of tokens: [B,layers+1,D].
Tensor probe_features(const std::vector<model::IntermediateLayer>& layers);

/// The official grid: heads = rates x blocks x avgpool.
struct GridOptions {
  /// For 256 rows a step; scaled by batch / 256.
  std::vector<double> rates = {
      1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1};
  std::vector<int64_t> blocks = {1, 4};
  std::vector<bool> avgpool = {false, true};
  int64_t batch = 128;
  int64_t epochs = 10;
  int64_t iterations_per_epoch = 0;  ///< 0: one pass over the rows (official: 1250)
  double momentum = 0.9;
  double weight_decay = 0.0;
  double init_std = 0.01;  ///< of weights; biases start at 0
  uint64_t seed = 0;       ///< of initial weights and of the order of rows
};

/// One head of a trained grid.
struct GridHead {
  std::string name;           ///< classifier_4_blocks_avgpool_True_lr_0.00025, rate unrounded
  std::string official_name;  ///< the same as the official code prints it: rate to 5 places
  int64_t blocks = 1;
  bool avgpool = false;
  double rate = 0;  ///< scaled
  Tensor weight;    ///< [K,I]
  Tensor bias;      ///< [K]
};

/// Heads that see the same input: weights below each other, so that one product serves all.
struct GridGroup {
  int64_t blocks = 1;
  bool avgpool = false;
  std::vector<double> rates;  ///< scaled, one a head
  Tensor weight;              ///< [heads*K,I]
  Tensor bias;                ///< [heads*K]
  Tensor weight_speed;        ///< rate times SGD's momentum buffer, of both
  Tensor bias_speed;
};

struct LinearGrid {
  int64_t classes = 0;
  int64_t embed_dim = 0;
  std::vector<GridGroup> groups;  ///< blocks outer, avgpool inner: the official order of heads
  double momentum = 0.9;
  double weight_decay = 0.0;

  int64_t size() const;  ///< heads
};

LinearGrid make_linear_grid(int64_t embed_dim, int64_t classes, const GridOptions& options);

/// One step of SGD of every head on its own mean cross-entropy: probe [B,n+1,D], labels [B].
/// factor: of the rates, cosine(iteration). Returns the losses before it, float64 [heads].
Tensor step_linear_grid(LinearGrid& grid, const Tensor& probe, const Tensor& labels, double factor);

/// (1 + cos(pi * iteration / iterations)) / 2
double cosine(int64_t iteration, int64_t iterations);

struct GridStep {
  int64_t iteration = 0, iterations = 0;
  Tensor losses;  ///< float64 [heads]
};

/// Trains the whole grid in one pass over the rows: data.features [rows,n+1,D]. Rows are shuffled
/// anew each epoch. The same result for any number of threads up to rounding of sums.
/// Throws Error (Exit::input) where labels or features won't do.
LinearGrid train_linear_grid(const Labelled& data,
                             int64_t classes,
                             const GridOptions& options = {},
                             const std::function<void(const GridStep&)>& observer = {});

/// Logits of all heads: probe [B,n+1,D] -> [heads,B,K].
Tensor grid_logits(const LinearGrid& grid, const Tensor& probe);

GridHead grid_head(const LinearGrid& grid, int64_t place);

/// Logits of one head: probe [B,n+1,D] -> [B,K].
Tensor head_logits(const GridHead& head, const Tensor& probe);

/// Top-1 of every head, in one pass over the rows, and the first head that has the highest.
struct GridAccuracy {
  std::vector<double> top1;  ///< 0..1
  int64_t best = 0;
};
GridAccuracy evaluate_linear_grid(const LinearGrid& grid, const Labelled& data);

}  // namespace troodon::heads
