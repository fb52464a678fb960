#include "kernels/linear.hpp"

#include <optional>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/machine.hpp"

namespace troodon::kernels {
namespace {

/// A property of the calling thread, as autocast is; a backward pass keeps what its forward had.
thread_local bool multiply_in_bfloat16 = false;

using torch::Tensor;
using Pointwise = Tensor(const Tensor&,
                         const Tensor&,
                         const std::optional<Tensor>&,
                         std::string_view,
                         c10::List<std::optional<at::Scalar>>,
                         std::optional<std::string_view>);

/// LibTorch's door to oneDNN's matrix product; none in builds without oneDNN.
const std::optional<c10::TypedOperatorHandle<Pointwise>>& onednn() {
  static const auto found = [] {
    std::optional<c10::TypedOperatorHandle<Pointwise>> typed;
    auto& dispatcher = c10::Dispatcher::singleton();
    const auto op = dispatcher.findSchema({"mkldnn::_linear_pointwise", ""});
    if (op && op->hasKernelForDispatchKey(c10::DispatchKey::CPU)) typed = op->typed<Pointwise>();
    return typed;
  }();
  return found;
}

/// MKL keeps its fast sgemm for Intel's own CPUs. A fixed rule, not a measurement at the start: the
/// same machine shall give the same bits every time.
bool mkl_is_faster() {
  static const bool intel = at::hasMKL() && this_machine().cpu.find("Intel") != std::string::npos;
  return intel && !multiply_in_bfloat16;
}

bool use_onednn(const Tensor& x, const Tensor& weight) {
  const auto taken = [](const Tensor& operand) {
    return operand.scalar_type() == at::kFloat ||
           (multiply_in_bfloat16 && operand.scalar_type() == at::kBFloat16);
  };
  return !mkl_is_faster() && x.is_cpu() && taken(x) && taken(weight) && x.numel() > 0 &&
         !at::autocast::is_autocast_enabled(at::kCPU) && at::globalContext().userEnabledMkldnn() &&
         onednn().has_value();
}

Tensor product(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
  return onednn()->call(
      x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), std::nullopt);
}

at::ScalarType product_type() {
  return multiply_in_bfloat16 ? at::kBFloat16 : at::kFloat;
}

std::optional<Tensor> as(at::ScalarType type, const std::optional<Tensor>& tensor) {
  return tensor ? std::optional(tensor->to(type)) : std::nullopt;
}

/// [...,I] -> [N,I]
Tensor rows_of(const Tensor& x) {
  return x.reshape({-1, x.size(-1)});
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& x,
                        const Tensor& weight,
                        const std::optional<Tensor>& bias) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::ScalarType type = product_type();
    const Tensor rows = x.to(type), columns = weight.to(type);
    context->save_for_backward({rows, columns});
    context->saved_data["narrow"] = x.scalar_type() == at::kBFloat16;
    context->saved_data["biased"] = bias.has_value();
    return product(rows, columns, as(type, bias)).to(at::kFloat);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Tensor exact = gradients[0].contiguous();
    const Tensor dy = exact.to(x.scalar_type());
    Tensor dx, dweight, dbias;
    if (context->needs_input_grad(0)) {
      // ATen's bfloat16 product reads the weight as it lies; oneDNN's linear would turn it first.
      dx = dy.scalar_type() == at::kBFloat16 ? rows_of(dy).mm(weight).view(x.sizes())
                                             : product(dy, weight.t(), std::nullopt);
      if (!context->saved_data["narrow"].toBool()) dx = dx.to(at::kFloat);
    }
    // ATen's own product is as fast as oneDNN for this shape (few outputs, long sums), and sums
    // more exactly.
    if (context->needs_input_grad(1)) {
      dweight = rows_of(dy).t().mm(rows_of(x)).to(at::kFloat);
    }
    const bool biased = context->saved_data["biased"].toBool();
    if (biased && context->needs_input_grad(2)) dbias = rows_of(exact).sum(0);
    return {dx, dweight, dbias};
  }
};

}  // namespace

Tensor product_operand(const Tensor& x) {
  const bool rounds = multiply_in_bfloat16 && x.is_cpu() && x.scalar_type() == at::kFloat &&
                      at::globalContext().userEnabledMkldnn();
  return rounds ? x.to(at::kBFloat16) : x;
}

Tensor input_gradient(const Tensor& dy, const Tensor& weight, Result result) {
  const Tensor left = product_operand(dy), right = product_operand(weight);
  if (left.is_cpu() && left.scalar_type() == at::kBFloat16) {
    const Tensor out = left.mm(right);
    return result == Result::narrow ? out : out.to(at::kFloat);
  }
  return use_onednn(left, right) ? product(left, right.t(), std::nullopt) : left.mm(right);
}

Tensor weight_gradient(const Tensor& dy, const Tensor& x) {
  const Tensor left = product_operand(dy), right = product_operand(x);
  const Tensor out = left.t().mm(right);
  return left.is_cpu() && left.scalar_type() == at::kBFloat16 ? out.to(at::kFloat) : out;
}

Bfloat16Products::Bfloat16Products(bool on) : before_(multiply_in_bfloat16) {
  multiply_in_bfloat16 = on && available();
}

Bfloat16Products::~Bfloat16Products() {
  multiply_in_bfloat16 = before_;
}

bool Bfloat16Products::available() {
  static const bool has = this_machine().has_bfloat16();
  return has && onednn().has_value();
}

bool Bfloat16Products::active() {
  return multiply_in_bfloat16;
}

Tensor linear_plain(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::linear(x, weight, bias);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const bool gradient =
      x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad());
  if (gradient && at::GradMode::is_enabled() && use_onednn(x, weight)) {
    return LinearFunction::apply(
        x.contiguous(), weight, bias.defined() ? std::optional(bias) : std::nullopt);
  }
  return linear(x, weight, bias, Result::wide);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Result result) {
  if (!use_onednn(x, weight)) return linear_plain(x, weight, bias);
  const at::ScalarType type = product_type();
  const std::optional<Tensor> given = bias.defined() ? std::optional(bias) : std::nullopt;
  const Tensor out = product(x.contiguous().to(type), weight.to(type), as(type, given));
  return result == Result::narrow ? out : out.to(at::kFloat);
}

}  // namespace troodon::kernels
