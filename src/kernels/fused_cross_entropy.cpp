#include "kernels/fused_cross_entropy.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/linear.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

// 64 MiB of float32 logits: products of fewer rows would spend their time on reading prototypes.
constexpr int64_t kBlockNumbers = 16 << 20;

Tensor at_least_float(const Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

struct Blocks {
  double temperature;
  int64_t rows;
  bool gradients;
};

/// Gradients for a gradient of 1 of the total, and the cross-entropy of each row.
struct Sums {
  Tensor features, prototypes, rows;
};

/// One block's logits (divided by the temperature) to their gradient, in place and without another
/// tensor of their size; the target is overwritten. Returns the rows' cross-entropy.
Tensor softmax_gradient(const Tensor& logits, const Tensor& target, const Tensor& weight) {
  // Autocast would round what is exact here.
  const c10::impl::ExcludeDispatchKeyGuard exact(c10::autocast_dispatch_keyset);
  const Tensor mass = target.sum(-1, /*keepdim=*/true);
  const Tensor said = logits.unsqueeze(1).bmm(target.unsqueeze(2)).squeeze(2);  // row by row
  const Tensor top = logits.amax(-1, /*keepdim=*/true);
  const Tensor sum = logits.sub_(top).exp_().sum(-1, /*keepdim=*/true);
  const Tensor share = weight.unsqueeze(1);
  logits.mul_(share * mass / sum).sub_(target.mul_(share));
  return ((top + sum.log()) * mass - said).squeeze(1);
}

/// Rows [row, row + target rows) of features, prototypes as products read them.
void add_block(const Tensor& features,
               const Tensor& prototypes,
               const Tensor& weight,
               const Tensor& target,
               double temperature,
               int64_t row,
               Sums& sums) {
  if (target.size(0) == 0) return;
  const int64_t end = row + target.size(0);
  const Tensor block = features.slice(0, row, end);
  const Tensor logits = at_least_float(kernels::linear(block / temperature, prototypes, {}));
  const Tensor share = weight.slice(0, row, end).to(logits.scalar_type()) / temperature;
  sums.rows.slice(0, row, end).copy_(softmax_gradient(logits, target, share));
  if (!sums.features.defined()) return;
  const Tensor gradient = product_operand(logits);
  sums.features.slice(0, row, end).copy_(input_gradient(gradient, prototypes));
  sums.prototypes.add_(weight_gradient(gradient, block));
}

Sums all_blocks(const Tensor& features,
                const Tensor& prototypes,
                const Tensor& weight,
                const std::vector<TargetRows>& parts,
                const Blocks& blocks) {
  Sums sums{.rows =
                at::empty({features.size(0)}, at_least_float(features.slice(0, 0, 0)).options())};
  if (blocks.gradients) {
    sums.features = at::empty_like(features, at::MemoryFormat::Contiguous);
    sums.prototypes = at::zeros_like(prototypes, at::MemoryFormat::Contiguous);
  }
  const Tensor shared = product_operand(prototypes);
  int64_t row = 0;
  for (const TargetRows& part : parts) {
    for (int64_t first = 0; first < part.rows; first += blocks.rows) {
      const int64_t end = std::min(first + blocks.rows, part.rows);
      add_block(
          features, shared, weight, part.at(first, end), blocks.temperature, row + first, sums);
    }
    row += part.rows;
  }
  return sums;
}

struct FusedCrossEntropy : torch::autograd::Function<FusedCrossEntropy> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const Tensor& features,
                                                const Tensor& prototypes,
                                                const Tensor& weight,
                                                const std::vector<TargetRows>& parts,
                                                const Blocks& blocks) {
    const Sums sums = all_blocks(features, prototypes, weight, parts, blocks);
    context->save_for_backward({sums.features, sums.prototypes});
    context->mark_non_differentiable({sums.rows});
    return {(sums.rows * weight).sum(), sums.rows};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor& factor = gradients[0];
    return {saved[0] * factor, saved[1] * factor, Tensor(), Tensor(), Tensor()};
  }
};

void check(const Tensor& features,
           const Tensor& prototypes,
           const Tensor& weight,
           const std::vector<TargetRows>& parts) {
  int64_t rows = 0;
  for (const TargetRows& part : parts) rows += part.rows;
  TORCH_CHECK(features.dim() == 2 && prototypes.dim() == 2 &&
                  features.size(1) == prototypes.size(1) && features.size(0) == rows &&
                  weight.dim() == 1 && weight.size(0) == rows,
              "cross-entropy wants features [R,d], prototypes [K,d], weight [R] and targets of R "
              "rows, not ",
              features.sizes(),
              ", ",
              prototypes.sizes(),
              ", ",
              weight.sizes(),
              " and ",
              rows);
}

}  // namespace

CrossEntropy fused_cross_entropy(const Tensor& features,
                                 const Tensor& prototypes,
                                 const Tensor& weight,
                                 const std::vector<TargetRows>& parts,
                                 double temperature,
                                 int64_t rows_at_once) {
  check(features, prototypes, weight, parts);
  const int64_t usual = kBlockNumbers / std::max<int64_t>(prototypes.size(0), 1);
  const Blocks blocks{.temperature = temperature,
                      .rows = std::max<int64_t>(rows_at_once > 0 ? rows_at_once : usual, 1),
                      .gradients = at::GradMode::is_enabled() &&
                                   (features.requires_grad() || prototypes.requires_grad())};
  if (!blocks.gradients) {
    const Tensor rows = all_blocks(features, prototypes, weight, parts, blocks).rows;
    return {.total = (rows * weight).sum(), .rows = rows};
  }
  const auto out = FusedCrossEntropy::apply(features, prototypes, weight, parts, blocks);
  return {.total = out[0], .rows = out[1]};
}

CrossEntropy cross_entropy_plain(const Tensor& features,
                                 const Tensor& prototypes,
                                 const Tensor& weight,
                                 const std::vector<TargetRows>& parts,
                                 double temperature) {
  check(features, prototypes, weight, parts);
  std::vector<Tensor> targets;
  for (const TargetRows& part : parts) targets.push_back(part.at(0, part.rows));
  const Tensor logits = at_least_float(kernels::linear(features, prototypes, {}));
  const Tensor rows = -(at::cat(targets) * at::log_softmax(logits / temperature, -1)).sum(-1);
  return {.total = (rows * weight).sum(), .rows = rows.detach()};
}

}  // namespace troodon::kernels
