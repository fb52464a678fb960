#include "heads/linear_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::heads {
namespace {

constexpr int64_t kRowsAtOnce = 4096;

std::string name_of(int64_t blocks, bool avgpool, const std::string& rate) {
  return fmt::format(
      "classifier_{}_blocks_avgpool_{}_lr_{}", blocks, avgpool ? "True" : "False", rate);
}

std::string official_rate(double rate) {
  std::string text = fmt::format("{:.5f}", rate);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

void check_options(const GridOptions& options, int64_t tokens) {
  if (options.rates.empty() || options.blocks.empty() || options.avgpool.empty()) {
    fail(Exit::config, "a grid of linear heads needs a rate, a number of blocks and a pooling");
  }
  if (options.batch < 1 || options.epochs < 1) {
    fail(Exit::config, "a grid of linear heads needs a batch and epochs of at least 1");
  }
  const int64_t deepest = *std::max_element(options.blocks.begin(), options.blocks.end());
  if (*std::min_element(options.blocks.begin(), options.blocks.end()) < 1 || tokens < deepest + 1) {
    fail(Exit::input,
         "the features hold {} class tokens, but a head wants those of the last {} blocks; extract "
         "probe features of as many",
         tokens - 1,
         deepest);
  }
}

/// Row numbers of a step: epochs of shuffled rows, one after the other.
class RowOrder {
 public:
  RowOrder(int64_t rows, uint64_t seed) : rows_(rows), seed_(seed) {}
  Tensor batch(int64_t iteration, int64_t size) {
    Tensor out = at::empty({size}, at::kLong);
    auto place = out.accessor<int64_t, 1>();
    for (int64_t i = 0; i < size; ++i) {
      const int64_t at = iteration * size + i;
      if (at / rows_ != epoch_) {
        epoch_ = at / rows_;
        order_ = Random(mix(seed_, epoch_)).permutation(rows_);
      }
      place[i] = order_[static_cast<size_t>(at % rows_)];
    }
    return out;
  }

 private:
  int64_t rows_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;
};

Tensor group_input(const GridGroup& group, const Tensor& probe) {
  return linear_input(probe, group.blocks, group.avgpool);
}

/// Scaled rates of all heads, float32 [heads].
Tensor rates_of(const LinearGrid& grid) {
  std::vector<double> rates;
  for (const GridGroup& group : grid.groups)
    rates.insert(rates.end(), group.rates.begin(), group.rates.end());
  return at::tensor(rates, at::kDouble).to(at::kFloat);
}

/// Losses [heads] of logits [heads,K,B], which become the gradient of the heads' sum. Rows of the
/// batch lie side by side, so that all of it works on whole vectors.
Tensor take_gradient(Tensor& logits, const Tensor& labels) {
  const int64_t heads = logits.size(0), batch = logits.size(2);
  logits = logits.log_softmax(1);
  const Tensor own = labels.view({1, 1, batch}).expand({heads, 1, batch});
  const Tensor losses = logits.gather(1, own).squeeze(1).mean(1, false, at::kDouble);
  logits.exp_();
  logits.scatter_add_(1, own, at::full({1, 1, 1}, -1.0F).expand({heads, 1, batch}));
  logits.div_(static_cast<double>(batch));
  return -losses;
}

/// gradient [heads*K,B], times the rates. The speed holds rate * buffer, so that one product serves
/// heads of all rates.
void step_group(GridGroup& group,
                const Tensor& input,
                const Tensor& gradient,
                const LinearGrid& grid,
                double factor) {
  group.weight_speed.addmm_(gradient, input, grid.momentum);
  group.bias_speed.mul_(grid.momentum).add_(gradient.sum(1));
  if (grid.weight_decay != 0) {
    const Tensor rates = at::tensor(group.rates, at::kDouble).to(at::kFloat) * grid.weight_decay;
    const Tensor decay = rates.repeat_interleave(grid.classes);
    group.weight_speed.add_(group.weight * decay.unsqueeze(1));
    group.bias_speed.add_(group.bias * decay);
  }
  group.weight.sub_(group.weight_speed, factor);
  group.bias.sub_(group.bias_speed, factor);
}

}  // namespace

Tensor linear_input(const Tensor& probe, int64_t blocks, bool avgpool) {
  TORCH_CHECK(probe.dim() == 3, "probe features are [rows,blocks+1,D]");
  const int64_t tokens = probe.size(1), width = probe.size(2);
  if (blocks < 1 || blocks > tokens - 1) {
    fail(Exit::input,
         "a head wants the class tokens of the last {} blocks, but the features hold {}",
         blocks,
         tokens - 1);
  }
  // Class tokens ascend and the mean comes last: what a head sees lies side by side.
  return probe.flatten(1).narrow(
      1, (tokens - 1 - blocks) * width, (blocks + (avgpool ? 1 : 0)) * width);
}

Tensor probe_features(const std::vector<model::IntermediateLayer>& layers) {
  if (layers.empty()) fail(Exit::input, "a head on no layers sees nothing");
  std::vector<Tensor> tokens;
  for (const auto& layer : layers) tokens.push_back(layer.cls_token);
  tokens.push_back(layers.back().patches.mean(1));
  return at::stack(tokens, 1);
}

Tensor linear_input(const std::vector<model::IntermediateLayer>& layers,
                    int64_t blocks,
                    bool avgpool) {
  return linear_input(probe_features(layers), blocks, avgpool);
}

int64_t LinearGrid::size() const {
  int64_t heads = 0;
  for (const GridGroup& group : groups) heads += static_cast<int64_t>(group.rates.size());
  return heads;
}

LinearGrid make_linear_grid(int64_t embed_dim, int64_t classes, const GridOptions& options) {
  LinearGrid grid{.classes = classes,
                  .embed_dim = embed_dim,
                  .groups = {},
                  .momentum = options.momentum,
                  .weight_decay = options.weight_decay};
  auto generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
  for (const int64_t blocks : options.blocks) {
    for (const bool avgpool : options.avgpool) {
      GridGroup group{.blocks = blocks, .avgpool = avgpool};
      for (const double rate : options.rates)
        group.rates.push_back(rate * static_cast<double>(options.batch) / 256);
      const int64_t outputs = static_cast<int64_t>(group.rates.size()) * classes;
      const int64_t inputs = (blocks + (avgpool ? 1 : 0)) * embed_dim;
      group.weight = at::empty({outputs, inputs}).normal_(0, options.init_std, generator);
      group.bias = at::zeros({outputs});
      group.weight_speed = at::zeros_like(group.weight);
      group.bias_speed = at::zeros_like(group.bias);
      grid.groups.push_back(std::move(group));
    }
  }
  return grid;
}

double cosine(int64_t iteration, int64_t iterations) {
  return (1 + std::cos(std::numbers::pi * static_cast<double>(iteration) /
                       static_cast<double>(iterations))) /
         2;
}

Tensor step_linear_grid(LinearGrid& grid,
                        const Tensor& probe,
                        const Tensor& labels,
                        double factor) {
  const at::NoGradGuard frozen;
  // Logits of all groups below each other: the small operations run once a step.
  const int64_t batch = probe.size(0);
  Tensor all = at::empty({grid.size() * grid.classes, batch});
  int64_t row = 0;
  for (const GridGroup& group : grid.groups) {
    Tensor mine = all.narrow(0, row, group.weight.size(0));
    at::addmm_out(mine, group.bias.unsqueeze(1), group.weight, group_input(group, probe).t());
    row += group.weight.size(0);
  }
  Tensor gradient = all.view({grid.size(), grid.classes, batch});
  const Tensor losses = take_gradient(gradient, labels);
  const Tensor flat = gradient.mul_(rates_of(grid).view({-1, 1, 1})).view({-1, batch});
  row = 0;
  for (GridGroup& group : grid.groups) {
    const int64_t outputs = group.weight.size(0);
    step_group(group, group_input(group, probe), flat.narrow(0, row, outputs), grid, factor);
    row += outputs;
  }
  return losses;
}

LinearGrid train_linear_grid(const Labelled& data,
                             int64_t classes,
                             const GridOptions& options,
                             const std::function<void(const GridStep&)>& observer) {
  check_labelled(data, classes, "features to train linear heads on");
  if (data.features.dim() != 3) {
    fail(Exit::input, "linear heads want probe features: [rows, class tokens + 1, width]");
  }
  check_options(options, data.features.size(1));
  const int64_t rows = data.features.size(0);
  LinearGrid grid = make_linear_grid(data.features.size(2), classes, options);
  const int64_t per_epoch = options.iterations_per_epoch > 0
                                ? options.iterations_per_epoch
                                : (rows + options.batch - 1) / options.batch;
  const int64_t iterations = options.epochs * per_epoch;
  RowOrder order(rows, options.seed);
  for (int64_t i = 0; i < iterations; ++i) {
    const Tensor places = order.batch(i, options.batch);
    const Tensor losses = step_linear_grid(grid,
                                           data.features.index_select(0, places).to(at::kFloat),
                                           data.labels.index_select(0, places).to(at::kLong),
                                           cosine(i, iterations));
    if (observer) observer({.iteration = i, .iterations = iterations, .losses = losses});
  }
  return grid;
}

Tensor grid_logits(const LinearGrid& grid, const Tensor& probe) {
  const at::NoGradGuard frozen;
  std::vector<Tensor> logits;
  for (const GridGroup& group : grid.groups) {
    const Tensor mine = at::addmm(group.bias, group_input(group, probe), group.weight.t());
    logits.push_back(mine.view({probe.size(0), -1, grid.classes}).transpose(0, 1));
  }
  return at::cat(logits);
}

GridHead grid_head(const LinearGrid& grid, int64_t place) {
  int64_t first = 0;
  for (const GridGroup& group : grid.groups) {
    const auto heads = static_cast<int64_t>(group.rates.size());
    if (place < first + heads && place >= first) {
      const int64_t row = (place - first) * grid.classes;
      const double rate = group.rates[static_cast<size_t>(place - first)];
      return {.name = name_of(group.blocks, group.avgpool, fmt::format("{}", rate)),
              .official_name = name_of(group.blocks, group.avgpool, official_rate(rate)),
              .blocks = group.blocks,
              .avgpool = group.avgpool,
              .rate = rate,
              .weight = group.weight.narrow(0, row, grid.classes).clone(),
              .bias = group.bias.narrow(0, row, grid.classes).clone()};
    }
    first += heads;
  }
  fail("the grid has {} heads, none at place {}", first, place);
}

Tensor head_logits(const GridHead& head, const Tensor& probe) {
  return at::addmm(head.bias, linear_input(probe, head.blocks, head.avgpool), head.weight.t());
}

GridAccuracy evaluate_linear_grid(const LinearGrid& grid, const Labelled& data) {
  const at::NoGradGuard frozen;
  const int64_t rows = data.features.size(0);
  if (rows == 0 || !data.labels.defined() || data.labels.numel() != rows) {
    fail(Exit::input, "features to judge linear heads on need a row and a label each");
  }
  check_finite(data.features, "features to judge linear heads on");
  Tensor right = at::zeros({grid.size()}, at::kLong);
  for (int64_t first = 0; first < rows; first += kRowsAtOnce) {
    const int64_t some = std::min(kRowsAtOnce, rows - first);
    const Tensor logits = grid_logits(grid, data.features.narrow(0, first, some).to(at::kFloat));
    right += (logits.argmax(2) == data.labels.narrow(0, first, some)).sum(1);
  }
  GridAccuracy out;
  const auto counts = right.accessor<int64_t, 1>();
  for (int64_t i = 0; i < grid.size(); ++i) {
    out.top1.push_back(static_cast<double>(counts[i]) / static_cast<double>(rows));
    if (out.top1.back() > out.top1[static_cast<size_t>(out.best)]) out.best = i;
  }
  return out;
}

}  // namespace troodon::heads
