#include "train/precision.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "base/log.hpp"

namespace troodon::train {
namespace {

constexpr double kFirstScale = 65536;
constexpr int64_t kStepsToDouble = 2000;

at::ScalarType type_of(const std::string& name) {
  return name == "fp16" ? at::kHalf : name == "bf16" ? at::kBFloat16 : at::kFloat;
}

ModuleTypes official_types(const NetworkPrecision& network) {
  const auto type = [](const ModulePrecision& module) {
    return type_of(module.mixed_precision.param_dtype);
  };
  return {type(network.backbone), type(network.dino_head), type(network.ibot_head)};
}

/// What the settings ask for, whatever the device can do.
ProductTypes wanted_types(const TrainConfig& config, bool cuda) {
  const std::string& precision = config.troodon.precision;
  if (precision == "official")
    return {official_types(config.compute_precision.student),
            official_types(config.compute_precision.teacher)};
  return all_products(precision == "auto" && cuda ? at::kBFloat16 : type_of(precision));
}

std::array<at::ScalarType*, 6> all_of(ProductTypes& types) {
  auto& [student, teacher] = types;
  return {&student.backbone,
          &student.dino_head,
          &student.ibot_head,
          &teacher.backbone,
          &teacher.dino_head,
          &teacher.ibot_head};
}

bool uses(ProductTypes types, at::ScalarType type) {
  const auto all = all_of(types);
  return std::any_of(all.begin(), all.end(), [&](const auto* one) { return *one == type; });
}

}  // namespace

ProductTypes all_products(at::ScalarType type) {
  const ModuleTypes modules{type, type, type};
  return {modules, modules};
}

ProductTypes product_types(const TrainConfig& config, torch::Device device) {
  ProductTypes types = wanted_types(config, device.is_cuda());
  if (!device.is_cpu()) return types;
  for (const auto& [type, name] : {std::pair{at::kBFloat16, "bfloat16"}, {at::kHalf, "float16"}}) {
    if (!uses(types, type) || kernels::NarrowProducts::available(type)) continue;
    log_warning(
        "this CPU has no {} products: computing them in float32, with slightly other numbers than "
        "elsewhere",
        name);
    for (at::ScalarType* one : all_of(types)) {
      if (*one == type) *one = at::kFloat;
    }
  }
  return types;
}

LossScale LossScale::of(const TrainConfig& config) {
  const bool used =
      config.compute_precision.grad_scaler && uses(wanted_types(config, /*cuda=*/false), at::kHalf);
  return {.used = used, .value = used ? kFirstScale : 1};
}

bool LossScale::unscale(const std::vector<Tensor>& gradients, distributed::Communicator& ranks) {
  if (!used) return true;
  const torch::NoGradGuard frozen;
  const auto options =
      gradients.empty() ? at::TensorOptions(at::kFloat) : gradients[0].options().dtype(at::kFloat);
  Tensor bad = at::zeros({1}, options);
  if (!gradients.empty()) {
    at::_amp_foreach_non_finite_check_and_unscale_(
        gradients, bad, at::full({1}, 1 / value, options));
  }
  ranks.all_reduce(bad);
  const bool finite = bad.item<float>() == 0;
  ++good_steps;
  if (!finite || good_steps == kStepsToDouble) {
    value *= finite ? 2 : 0.5;
    good_steps = 0;
  }
  return finite;
}

}  // namespace troodon::train
