#include "kernels/checkpoint.hpp"

#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include "kernels/autocast.hpp"
#include "kernels/linear.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;
using Computation = std::function<Tensor(const Tensor&)>;

/// What the backward pass needs besides x.
struct Recipe : torch::CustomClassHolder {
  Computation function;
  at::ScalarType cuda, cpu;
  Recipe(Computation f, at::ScalarType on_cuda, at::ScalarType on_cpu)
      : function(std::move(f)), cuda(on_cuda), cpu(on_cpu) {}
};

struct Checkpoint : torch::autograd::Function<Checkpoint> {
  static Tensor forward(torch::autograd::AutogradContext* context,
                        const Tensor& x,
                        const Computation& function) {
    context->save_for_backward({x});
    context->saved_data["recipe"] = c10::IValue::make_capsule(
        c10::make_intrusive<Recipe>(function, Autocast::active(), NarrowProducts::active()));
    return function(x);  // autograd is off in here
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto capsule = context->saved_data["recipe"].toCapsule();
    const auto& recipe = static_cast<const Recipe&>(*capsule);
    const Tensor x = context->get_saved_variables()[0].detach().requires_grad_();
    {
      const at::AutoGradMode on(true);
      Tensor again;
      {
        const Autocast cuda(recipe.cuda);
        const NarrowProducts cpu(recipe.cpu);
        again = recipe.function(x);
      }
      torch::autograd::backward({again}, {gradients[0]});
    }
    return {x.grad(), Tensor()};
  }
};

}  // namespace

Tensor checkpointed(const Computation& function, const Tensor& x) {
  if (!at::GradMode::is_enabled() || !x.requires_grad()) return function(x);
  return Checkpoint::apply(x, function);
}

}  // namespace troodon::kernels
