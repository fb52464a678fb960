#include "heads/logistic.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "heads/logistic_objective.hpp"

namespace troodon::heads {
namespace {

constexpr double kFloatTolerance = 1e-6;  // what float32 products reach at least
constexpr double kFloatNoise = 1e-7, kDoubleNoise = 1e-13;
constexpr double kChoosingTolerance = 1e-4;  // of fits that only choose C
constexpr int64_t kChoosingEvaluations = 40;
constexpr int64_t kFewRows = 16384;  // below it, no first look at a part of the rows
constexpr int64_t kRound = 40;       // evaluations before the curvature is looked at anew

LogisticProblem problem_of(const Labelled& data,
                           int64_t classes,
                           double c,
                           const LogisticOptions& options) {
  return {.x = data.features.to(at::kFloat).contiguous(),
          .targets = data.labels.to(at::kLong).contiguous(),
          .classes = classes,
          .penalty = 1 / (c * static_cast<double>(data.features.size(0))),
          .threads = options.threads};
}

/// Their sums over classes, which change no probability, taken out.
Tensor parameters_of(const LogisticModel& model) {
  const Tensor out = at::cat({model.weight, model.bias.unsqueeze(1)}, 1).to(at::kDouble);
  return out - out.mean(0, /*keepdim=*/true);
}

/// A fit on its way.
struct Fit {
  Tensor parameters;
  Valued at;
  int64_t evaluations = 0;
  bool converged = false;
};

/// Rounds of L-BFGS, each with the curvature of where it starts.
void improve(Fit& fit,
             const LogisticProblem& problem,
             at::ScalarType precision,
             double tolerance,
             int64_t most) {
  const auto function = [&](const Tensor& x) { return evaluate(problem, x, precision); };
  const int64_t end = fit.evaluations + most;
  const double noise = precision == at::kFloat ? kFloatNoise : kDoubleNoise;
  double value = std::numeric_limits<double>::infinity(), slope = value;
  while (fit.evaluations < end) {
    const LbfgsResult round =
        minimise(function,
                 fit.parameters,
                 {.max_evaluations = std::min(kRound, end - fit.evaluations),
                  .tolerance = tolerance,
                  .noise = noise,
                  .precondition = inverse_curvature(problem, fit.parameters)});
    fit.parameters = round.x, fit.at = round.at, fit.converged = round.converged;
    fit.evaluations += round.evaluations;
    const double steepest = round.at.gradient.abs().max().item<double>();
    const bool stuck = value - round.at.value <= noise * std::abs(value) && steepest > slope / 2;
    if (fit.converged || stuck) return;
    value = round.at.value, slope = steepest;
  }
}

LogisticModel model_of(const Fit& fit, const LogisticProblem& problem, double c) {
  const int64_t width = problem.x.size(1);
  const Tensor bias = fit.parameters.select(1, width);
  return {.weight = fit.parameters.narrow(1, 0, width).clone(),
          .bias = bias - bias.mean(),
          .c = c,
          .objective = fit.at.value / problem.penalty,
          .iterations = fit.evaluations,
          .converged = fit.converged};
}

/// Rows of both, one after the other.
Labelled joined(const Labelled& a, const Labelled& b) {
  return {.features = at::cat({a.features, b.features}), .labels = at::cat({a.labels, b.labels})};
}

Labelled chosen(const Labelled& data, const std::vector<int64_t>& order, size_t first, size_t end) {
  const Tensor places = at::tensor(std::vector<int64_t>(order.begin() + static_cast<int64_t>(first),
                                                        order.begin() + static_cast<int64_t>(end)),
                                   at::kLong);
  return {.features = data.features.index_select(0, places),
          .labels = data.labels.index_select(0, places)};
}

}  // namespace

LogisticModel fit_logistic(const Labelled& data,
                           int64_t classes,
                           double c,
                           const LogisticOptions& options,
                           const LogisticModel* start) {
  check_labelled(data, classes, "features to fit a logistic regression to");
  if (data.features.dim() != 2) fail(Exit::input, "a logistic regression wants features [rows,D]");
  if (!(c > 0)) fail(Exit::config, "C is {}, but must be above 0", c);
  const at::NoGradGuard frozen;
  const LogisticProblem problem = problem_of(data, classes, c, options);
  Fit fit{.parameters = start != nullptr
                            ? parameters_of(*start)
                            : at::zeros({classes, problem.x.size(1) + 1}, at::kDouble)};
  const int64_t most = options.max_iterations;
  if (problem.rows() >= kFewRows && start == nullptr) {
    // Near the optimum of a part of the rows begins the last bit of the way.
    const int64_t every = problem.rows() / (kFewRows / 2);
    improve(fit, problem.thinned(every), at::kFloat, 1e-3, most / 4);
    fit.evaluations /= every;
  }
  improve(fit, problem, at::kFloat, std::max(options.tolerance, kFloatTolerance), most);
  if (options.tolerance < kFloatTolerance)
    improve(
        fit, problem, at::kDouble, options.tolerance, std::max<int64_t>(most - fit.evaluations, 1));
  return model_of(fit, problem, c);
}

Tensor logistic_logits(const LogisticModel& model, const Tensor& x) {
  if (x.size(-1) != model.weight.size(1)) {
    fail(Exit::input,
         "the regression was fitted to {} numbers a row, these have {}",
         model.weight.size(1),
         x.size(-1));
  }
  return at::addmm(model.bias, x.to(at::kDouble), model.weight.t());
}

Tensor logistic_probabilities(const LogisticModel& model, const Tensor& x) {
  return logistic_logits(model, x).softmax(1);
}

double logistic_objective(const LogisticModel& model, const Labelled& data) {
  const LogisticProblem problem = problem_of(data, model.weight.size(0), model.c, {});
  return evaluate(problem, parameters_of(model), at::kDouble).value / problem.penalty;
}

std::vector<double> c_grid(const LogisticOptions& options) {
  std::vector<double> out;
  for (int64_t i = 0; i < options.powers; ++i) {
    const double share =
        options.powers > 1 ? static_cast<double>(i) / static_cast<double>(options.powers - 1) : 0;
    out.push_back(
        std::pow(10, options.first_power + share * (options.last_power - options.first_power)));
  }
  return out;
}

LogisticChoice select_logistic(const Labelled& train,
                               const std::optional<Labelled>& held_out,
                               int64_t classes,
                               const LogisticOptions& options) {
  Labelled learn = train, judge;
  if (held_out) {
    judge = *held_out;
  } else {
    const auto rows = static_cast<size_t>(train.features.size(0));
    if (rows < 10) fail(Exit::input, "choosing C needs 10 rows at least, not {}", rows);
    const auto order = TorchRandom(options.seed).randperm(static_cast<int64_t>(rows));
    judge = chosen(train, order, 0, rows / 10), learn = chosen(train, order, rows / 10, rows);
  }
  check_finite(judge.features, "features to choose C by");
  LogisticChoice out{.model = {}, .c = c_grid(options)};
  // Top-1 of held-out rows settles long before the last digits of the weights do.
  LogisticOptions rough = options;
  rough.tolerance = std::max(options.tolerance, kChoosingTolerance);
  rough.max_iterations = std::min(options.max_iterations, kChoosingEvaluations);
  std::vector<LogisticModel> models;
  for (const double c : out.c) {
    models.push_back(
        fit_logistic(learn, classes, c, rough, models.empty() ? nullptr : &models.back()));
    out.top1.push_back(top1(logistic_logits(models.back(), judge.features), judge.labels));
    if (out.top1.back() > out.top1[out.best]) out.best = out.top1.size() - 1;
  }
  out.model =
      fit_logistic(joined(learn, judge), classes, out.c[out.best], options, &models[out.best]);
  return out;
}

}  // namespace troodon::heads
