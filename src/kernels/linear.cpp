#include "kernels/linear.hpp"

#include <optional>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/machine.hpp"
#include "kernels/tile_products.hpp"

namespace troodon::kernels {
namespace {

/// A property of the calling thread, as autocast is; a backward pass keeps what its forward had.
thread_local at::ScalarType product_type = at::kFloat;

bool narrow() {
  return product_type != at::kFloat;
}

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
  return intel && !narrow();
}

bool use_onednn(const Tensor& x, const Tensor& weight) {
  const auto taken = [](const Tensor& operand) {
    return operand.scalar_type() == at::kFloat || operand.scalar_type() == product_type;
  };
  return !mkl_is_faster() && x.is_cpu() && taken(x) && taken(weight) && x.numel() > 0 &&
         !at::autocast::is_autocast_enabled(at::kCPU) && at::globalContext().userEnabledMkldnn() &&
         onednn().has_value();
}

/// AMX tiles, where the CPU has them, beat both libraries.
bool on_tiles(const Tensor& x, const Tensor& weight) {
  return !narrow() && !at::autocast::is_autocast_enabled(at::kCPU) &&
         use_tiles(x, weight, weight.size(0));
}

Tensor onednn_product(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
  return onednn()->call(
      x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), std::nullopt);
}

Tensor product(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
  if (on_tiles(x, weight)) return tile_linear(x, weight, bias.value_or(Tensor()));
  return onednn_product(x, weight, bias);
}

/// Multiplied in half precision on the CPU.
bool is_narrow(const Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf);
}

std::optional<Tensor> as(at::ScalarType type, const std::optional<Tensor>& tensor) {
  return tensor ? std::optional(tensor->to(type)) : std::nullopt;
}

/// [...,I] -> [N,I]
Tensor rows_of(const Tensor& x) {
  return x.reshape({-1, x.size(-1)});
}

/// dy [N,O] @ weight [O,I], both as products read them.
Tensor input_product(const Tensor& dy, const Tensor& weight) {
  if (!narrow() && use_tiles(dy, weight, weight.size(1))) {
    return tile_input_gradient(dy, weight);
  }
  // ATen's narrow product reads the weight as it lies; oneDNN's linear would turn it first.
  if (is_narrow(dy)) return dy.mm(weight);
  return use_onednn(dy, weight) ? onednn_product(dy, weight.t(), std::nullopt) : dy.mm(weight);
}

/// dy [N,O]^T @ x [N,I], both as products read them.
Tensor weight_product(const Tensor& dy, const Tensor& x) {
  if (!narrow() && use_tiles(dy, x, x.size(1))) return tile_weight_gradient(dy, x);
  // ATen's own product is as fast as oneDNN for this shape (few outputs, long sums), and sums
  // more exactly.
  const Tensor out = dy.t().mm(x);
  return is_narrow(dy) ? out.to(at::kFloat) : out;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& x,
                        const Tensor& weight,
                        const std::optional<Tensor>& bias) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const at::ScalarType type = product_type;
    const Tensor rows = x.to(type), columns = weight.to(type);
    context->save_for_backward({rows, columns});
    context->saved_data["narrow"] = x.scalar_type() != at::kFloat;
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
      dx = input_product(rows_of(dy), weight).view(x.sizes());
      if (!context->saved_data["narrow"].toBool()) dx = dx.to(at::kFloat);
    }
    if (context->needs_input_grad(1)) dweight = weight_product(rows_of(dy), rows_of(x));
    const bool biased = context->saved_data["biased"].toBool();
    if (biased && context->needs_input_grad(2)) dbias = rows_of(exact).sum(0);
    return {dx, dweight, dbias};
  }
};

}  // namespace

Tensor product_operand(const Tensor& x) {
  const bool rounds = narrow() && x.is_cpu() && x.scalar_type() == at::kFloat &&
                      at::globalContext().userEnabledMkldnn();
  return rounds ? x.to(product_type) : x;
}

Tensor input_gradient(const Tensor& dy, const Tensor& weight, Result result) {
  const Tensor out = input_product(product_operand(dy), product_operand(weight));
  return result == Result::wide && is_narrow(out) ? out.to(at::kFloat) : out;
}

Tensor weight_gradient(const Tensor& dy, const Tensor& x) {
  return weight_product(product_operand(dy), product_operand(x));
}

NarrowProducts::NarrowProducts(at::ScalarType type) : before_(product_type) {
  product_type = available(type) ? type : at::kFloat;
}

NarrowProducts::~NarrowProducts() {
  product_type = before_;
}

bool NarrowProducts::available(at::ScalarType type) {
  static const Machine machine = this_machine();
  const bool has = (type == at::kBFloat16 && machine.has_bfloat16()) ||
                   (type == at::kHalf && machine.has_float16());
  return has && onednn().has_value();
}

at::ScalarType NarrowProducts::active() {
  return product_type;
}

Tensor linear_plain(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::linear(x, weight, bias);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const bool gradient =
      x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad());
  if (gradient && at::GradMode::is_enabled() && (on_tiles(x, weight) || use_onednn(x, weight))) {
    return LinearFunction::apply(
        x.contiguous(), weight, bias.defined() ? std::optional(bias) : std::nullopt);
  }
  return linear(x, weight, bias, Result::wide);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Result result) {
  if (!on_tiles(x, weight) && !use_onednn(x, weight)) return linear_plain(x, weight, bias);
  const at::ScalarType type = product_type;
  const std::optional<Tensor> given = bias.defined() ? std::optional(bias) : std::nullopt;
  const Tensor out = product(x.contiguous().to(type), weight.to(type), as(type, given));
  return result == Result::narrow ? out : out.to(at::kFloat);
}

}  // namespace troodon::kernels
