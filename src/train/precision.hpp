#pragma once

#include "distributed/communicator.hpp"
#include "kernels/autocast.hpp"
#include "kernels/linear.hpp"
#include "train/config.hpp"

namespace troodon::train {

using torch::Tensor;

/// What the matrix products of one network's modules are computed in.
struct ModuleTypes {
  at::ScalarType backbone = at::kFloat, dino_head = at::kFloat, ibot_head = at::kFloat;
};

/// The same for both networks. Weights, their gradients and moments, sums over ranks, softmaxes and
/// losses are float32 whatever these are.
struct ProductTypes {
  ModuleTypes student, teacher;
};

/// One type for every module.
ProductTypes all_products(at::ScalarType type);

/// What troodon.precision asks for; "official" asks compute_precision for each module's
/// param_dtype. A type that the CPU does not multiply itself becomes float32, with a warning.
ProductTypes product_types(const TrainConfig& config, torch::Device device);

/// Matrix products of this type while it lives, on the device where `at` is.
class Products {
 public:
  Products(at::ScalarType type, const Tensor& at)
      : cuda_(at.is_cuda() ? type : at::kFloat), cpu_(at.is_cpu() ? type : at::kFloat) {}

 private:
  kernels::Autocast cuda_;
  kernels::NarrowProducts cpu_;
};

/// Keeps small gradients from vanishing in float16: the loss is multiplied by it, the gradients are
/// divided. Source: Micikevicius et al. 2018, section 3.2; numbers of PyTorch's GradScaler.
struct LossScale {
  bool used = false;
  double value = 1;
  int64_t good_steps = 0;  ///< since the last change

  /// 65536 where products are float16 and compute_precision.grad_scaler is on; else 1 for ever.
  static LossScale of(const TrainConfig& config);
  /// Divides gradients in place. False when one of any rank is not finite: then the step shall
  /// change no weight, and the scale has been halved. It doubles after 2000 good steps.
  bool unscale(const std::vector<Tensor>& gradients, distributed::Communicator& ranks);
};

}  // namespace troodon::train
