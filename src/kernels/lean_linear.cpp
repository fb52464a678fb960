#include "kernels/lean_linear.hpp"

#include <optional>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/linear.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;

std::optional<Tensor> given(const Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

struct LinearGradients {
  Tensor x, weight, bias;
};

/// Of linear(x, weight, bias) in its precision; under CUDA's autocast dy has a narrower type than
/// weights.
LinearGradients linear_backward(const Tensor& dy,
                                const Tensor& x,
                                const Tensor& weight,
                                Result result = Result::wide) {
  const auto narrow = dy.scalar_type(), wide = weight.scalar_type();
  const Tensor shared = product_operand(dy);
  return {.x = input_gradient(shared, weight.to(narrow), result),
          .weight = weight_gradient(shared, x.to(narrow)).to(wide),
          .bias = dy.sum(at::IntArrayRef{0}, /*keepdim=*/false, wide)};
}

struct LinearOfNorm : torch::autograd::Function<LinearOfNorm> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& x,
                        const Tensor& norm_weight,
                        const Tensor& norm_bias,
                        double eps,
                        const Tensor& weight,
                        const std::optional<Tensor>& bias,
                        Result result) {
    context->save_for_backward({x, norm_weight, norm_bias, weight});
    context->saved_data["eps"] = eps;
    context->saved_data["biased"] = bias.has_value();
    context->saved_data["products"] = NarrowProducts::active();
    const Tensor normed = at::layer_norm(x, {x.size(-1)}, norm_weight, norm_bias, eps);
    return kernels::linear(normed, weight, bias.value_or(Tensor()), result);
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &norm_weight = saved[1], &norm_bias = saved[2];
    const NarrowProducts products(context->saved_data["products"].toScalarType());
    const double eps = context->saved_data["eps"].toDouble();
    const std::vector<int64_t> shape{x.size(-1)};
    const Tensor wide = x.to(norm_weight.scalar_type());
    const auto [normed, mean, rstd] =
        at::native_layer_norm(wide, shape, norm_weight, norm_bias, eps);
    const auto linear = linear_backward(gradients[0].contiguous(), normed, saved[3]);
    const auto [dx, dweight, dbias] =
        at::native_layer_norm_backward(linear.x.to(wide.scalar_type()),
                                       wide,
                                       shape,
                                       mean,
                                       rstd,
                                       norm_weight,
                                       norm_bias,
                                       {true, true, true});
    const bool biased = context->saved_data["biased"].toBool();
    return {dx.to(x.scalar_type()),
            dweight,
            dbias,
            Tensor(),
            linear.weight,
            biased ? linear.bias : Tensor(),
            Tensor()};
  }
};

struct LinearOfGelu : torch::autograd::Function<LinearOfGelu> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& x,
                        const Tensor& weight,
                        const std::optional<Tensor>& bias) {
    context->save_for_backward({product_operand(x), weight});
    context->saved_data["type"] = x.scalar_type();
    context->saved_data["biased"] = bias.has_value();
    context->saved_data["products"] = NarrowProducts::active();
    return kernels::linear(at::gelu(x), weight, bias.value_or(Tensor()));
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor x = saved[0].to(context->saved_data["type"].toScalarType());
    const NarrowProducts products(context->saved_data["products"].toScalarType());
    const bool narrow = x.is_cpu() && x.scalar_type() != at::kFloat;
    const auto linear = linear_backward(
        gradients[0].contiguous(), at::gelu(x), saved[1], narrow ? Result::narrow : Result::wide);
    const bool biased = context->saved_data["biased"].toBool();
    return {at::gelu_backward(linear.x.to(x.scalar_type()), x),
            linear.weight,
            biased ? linear.bias : Tensor()};
  }
};

}  // namespace

Tensor linear_of_norm(const Tensor& x,
                      const NormWeights& norm,
                      const Tensor& weight,
                      const Tensor& bias,
                      Result result) {
  return LinearOfNorm::apply(x, norm.weight, norm.bias, norm.eps, weight, given(bias), result);
}

Tensor linear_of_gelu(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return LinearOfGelu::apply(x, weight, given(bias));
}

}  // namespace troodon::kernels
