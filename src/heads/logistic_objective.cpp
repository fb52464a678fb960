#include "heads/logistic_objective.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "kernels/parts.hpp"

namespace troodon::heads {
namespace {

constexpr int64_t kBlockBytes = 768 << 10;  // of rows: half a core's second cache
constexpr int64_t kSlots = 64;              // sums of blocks, added up in order at the end
constexpr int64_t kCurvatureRows = 8192;    // more don't make steps better
constexpr int64_t kWidest = 1536;           // features whose axes are worth finding

struct Sums {
  double loss = 0;
  Tensor gradient;  ///< [K,D+1] float64
};

/// log softmax over classes: [K,rows], so that all of it works on whole vectors.
Tensor log_probabilities(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::addmm(bias, weight, x.t()).log_softmax(0);
}

/// Adds a block of rows.
void add_block(Sums& sums,
               const Tensor& rows,
               const Tensor& targets,
               const Tensor& weight,
               const Tensor& bias) {
  const Tensor x = rows.to(weight.scalar_type());
  Tensor p = log_probabilities(x, weight, bias);
  const Tensor own = targets.unsqueeze(0);
  sums.loss -= p.gather(0, own).sum(at::kDouble).item<double>();
  p.exp_();
  p.scatter_add_(0, own, at::full({1, 1}, -1, p.options()).expand_as(own));
  const int64_t width = rows.size(1);
  sums.gradient.narrow(1, 0, width).add_(p.mm(x));
  sums.gradient.select(1, width).add_(p.sum(1));
}

}  // namespace

LogisticProblem LogisticProblem::thinned(int64_t every) const {
  LogisticProblem out = *this;
  out.x = x.slice(0, 0, std::nullopt, every).contiguous();
  out.targets = targets.slice(0, 0, std::nullopt, every).contiguous();
  return out;
}

Valued evaluate(const LogisticProblem& problem,
                const Tensor& parameters,
                at::ScalarType precision) {
  const int64_t rows = problem.rows(), width = problem.x.size(1);
  const int64_t block = std::clamp<int64_t>(kBlockBytes / (4 * width), 16, 4096);
  const int64_t blocks = (rows + block - 1) / block, slots = std::min(kSlots, blocks);
  const Tensor weight = parameters.narrow(1, 0, width).to(precision).contiguous();
  const Tensor bias = parameters.narrow(1, width, 1).to(precision).contiguous();
  std::vector<Sums> sums(static_cast<size_t>(slots));
  const size_t wanted = problem.threads > 0 ? problem.threads : kernels::part_threads();
  const size_t threads = std::min(wanted, static_cast<size_t>(slots));
  kernels::each_part(threads, [&](size_t part) {
    const at::NoGradGuard frozen;
    for (auto s = static_cast<int64_t>(part); s < slots; s += static_cast<int64_t>(threads)) {
      Sums& mine = sums[static_cast<size_t>(s)];
      mine.gradient = at::zeros({problem.classes, width + 1}, at::kDouble);
      for (int64_t b = s * blocks / slots; b < (s + 1) * blocks / slots; ++b) {
        const int64_t first = b * block, some = std::min(block, rows - first);
        add_block(mine,
                  problem.x.narrow(0, first, some),
                  problem.targets.narrow(0, first, some),
                  weight,
                  bias);
      }
    }
  });
  Sums all{.gradient = at::zeros({problem.classes, width + 1}, at::kDouble)};
  for (const Sums& some : sums) all.loss += some.loss, all.gradient.add_(some.gradient);
  const Tensor w = parameters.narrow(1, 0, width);
  all.gradient.div_(static_cast<double>(rows));
  all.gradient.narrow(1, 0, width).add_(w, problem.penalty);
  return {.value = all.loss / static_cast<double>(rows) +
                   problem.penalty / 2 * w.square().sum().item<double>(),
          .gradient = all.gradient};
}

std::function<Tensor(const Tensor& gradient)> inverse_curvature(const LogisticProblem& whole,
                                                                const Tensor& parameters) {
  const at::NoGradGuard frozen;
  const int64_t width = whole.x.size(1);
  const int64_t wanted = std::max(kCurvatureRows, 4 * width);
  const LogisticProblem some = whole.thinned(std::max<int64_t>(whole.rows() / wanted, 1));
  const Tensor weight = parameters.narrow(1, 0, width).to(at::kFloat).contiguous();
  const Tensor bias = parameters.narrow(1, width, 1).to(at::kFloat).contiguous();
  const Tensor p = log_probabilities(some.x, weight, bias).exp_();  // [K,n]
  const Tensor unsure = (1 - p.square().sum(0)).clamp_min(0);       // trace of diag(p) - p p^T
  const Tensor x = at::cat({some.x, at::ones({some.rows(), 1})}, 1);
  const auto count = static_cast<double>(some.rows());
  // Of wide features only their own curvature: all axes would cost more than they save.
  const bool wide = width > kWidest;
  const double total = unsure.sum(at::kDouble).item<double>();
  const Tensor of_classes =
      (at::diag(p.sum(1)) - at::mm(p, p.t())).to(at::kDouble) / std::max(total, 1e-30);
  const auto [input_values, input_axes] =
      wide ? std::tuple{at::mv(x.square().t(), unsure).to(at::kDouble) / count, Tensor()}
           : at::linalg_eigh(at::mm(x.t() * unsure, x).to(at::kDouble) / count);
  const auto [class_values, class_axes] = at::linalg_eigh(of_classes);
  const Tensor curvature =
      class_values.clamp_min(0).unsqueeze(1) * input_values.clamp_min(0).unsqueeze(0);
  const double floor = 1e-7 * curvature.max().item<double>();
  Tensor inverse = (curvature + (whole.penalty + floor)).reciprocal();
  // The sum over classes is free of curvature and of gradient: what seems to be one is rounding.
  inverse.masked_fill_((class_values < 1e-6 * class_values.max()).unsqueeze(1), 0);
  return [inverse, rows = class_axes, columns = input_axes](const Tensor& gradient) {
    const Tensor turned = rows.t().mm(gradient);
    const Tensor out = columns.defined() ? rows.mm(turned.mm(columns) * inverse).mm(columns.t())
                                         : rows.mm(turned * inverse);
    // The axes are as exact as float32: what they leave of the sum would stay in the weights, whose
    // penalty then has a gradient that no step takes away.
    return out - out.mean(0, /*keepdim=*/true);
  };
}

}  // namespace troodon::heads
