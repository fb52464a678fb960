#include "golden.hpp"
#include "model/head.hpp"

// losses/head*: the projection head's output and gradients.
namespace golden::head_case {
namespace {

using namespace troodon::model;

void check_head(const Case& c, Verdict& verdict) {
  const json& config = c.config();
  const HeadConfig defaults;
  DINOHead head(
      HeadConfig{.in_dim = config.at("in_dim"),
                 .out_dim = config.at("out_dim"),
                 .nlayers = config.value("nlayers", defaults.nlayers),
                 .hidden_dim = config.value("hidden_dim", defaults.hidden_dim),
                 .bottleneck_dim = config.value("bottleneck_dim", defaults.bottleneck_dim),
                 .mlp_bias = config.value("mlp_bias", defaults.mlp_bias)});
  auto parameters = head->named_parameters();
  for (const auto& [name, init] : c.values().at("init_stats").items()) {
    const Tensor value = parameters[name].detach();
    const double std = init.at("std"), count = static_cast<double>(value.numel());
    // Two samples of a distribution: means differ by 5 sigma at most, spreads by their noise.
    verdict.near(name + " mean",
                 value.mean().item<double>(),
                 init.at("mean"),
                 7 * std / std::sqrt(count) + 1e-9);
    verdict.near(name + " std",
                 value.std().nan_to_num().item<double>(),
                 std,
                 5 * std / std::sqrt(count) + 1e-9);
  }
  {
    const torch::NoGradGuard frozen;
    const auto state = c.tensors("sd.");
    verdict.expect("number of parameters", state.size() == parameters.size());
    for (const auto& [name, value] : state) parameters[name].copy_(value);
  }
  const Tensor x = c.tensor("x").requires_grad_();
  const Tensor y = head->forward(x);
  verdict.close("y", y, c.tensor("y"), 1e-5);
  (y * c.tensor("wy")).sum().backward();
  verdict.close("grad.x", x.grad(), c.tensor("grad.x"), 1e-5);
  for (const auto& [name, expected] : c.tensors("grad.p.")) {
    verdict.close("grad.p." + name, parameters[name].grad(), expected, 1e-5);
  }
}

const Check kHead{"losses/head.*", check_head};

}  // namespace
}  // namespace golden::head_case
