#include "kernels/adamw.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace troodon::kernels {
namespace {

using torch::Tensor;

constexpr int64_t kPiece = 1 << 15;  // elements: five streams of it lie in a second-level cache

/// Neighbouring elements of one parameter.
struct Piece {
  float* param;
  const float* gradient;
  float *mean, *square;
  float* average;  ///< or nullptr
  int64_t size;
  float step_size;      ///< of this count of steps
  float root_of_scale;  ///< by which the root of the second moment is divided
};

/// What all pieces share.
struct Numbers {
  float kept, gradient_factor, to_mean, beta2, to_square, eps, to_average;
};

/// What a CPU's vectors are to do; inlined into a function that is compiled for them.
__attribute__((always_inline)) inline void update(const Piece& piece, const Numbers& n) {
  float* const __restrict param = piece.param;
  const float* const __restrict gradient = piece.gradient;
  float* const __restrict mean = piece.mean;
  float* const __restrict square = piece.square;
  const float step_size = piece.step_size, root_of_scale = piece.root_of_scale;
  for (int64_t i = 0; i < piece.size; ++i) {
    const float g = gradient[i] * n.gradient_factor;
    const float m = mean[i] + n.to_mean * (g - mean[i]);
    const float s = n.beta2 * square[i] + n.to_square * g * g;
    mean[i] = m;
    square[i] = s;
    param[i] = param[i] * n.kept - step_size * m / (std::sqrt(s) / root_of_scale + n.eps);
  }
  if (piece.average == nullptr) return;
  float* const __restrict average = piece.average;  // the parameter is still in the cache
  for (int64_t i = 0; i < piece.size; ++i) {
    average[i] += n.to_average * (param[i] - average[i]);
  }
}

using Update = void (*)(const Piece& piece, const Numbers& n);

void update_plainly(const Piece& piece, const Numbers& n) {
  update(piece, n);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void update_by_8(const Piece& piece, const Numbers& n) {
  update(piece, n);
}

__attribute__((target("avx512f,avx2,fma,prefer-vector-width=512"))) void update_by_16(
    const Piece& piece, const Numbers& n) {
  update(piece, n);
}
#endif

Update widest() {
#if defined(__x86_64__)
  const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (fma && __builtin_cpu_supports("avx512f")) return update_by_16;
  if (fma) return update_by_8;
#endif
  return update_plainly;
}

void add_pieces(const AdamWTensors& tensors,
                size_t i,
                const AdamWRates& rates,
                std::vector<Piece>& out) {
  const double steps = tensors.steps[i].item<double>();
  const double mean_scale = 1 - std::pow(rates.beta1, steps);
  const double square_scale = 1 - std::pow(rates.beta2, steps);
  const int64_t size = tensors.params[i].numel();
  for (int64_t first = 0; first < size; first += kPiece) {
    out.push_back({.param = tensors.params[i].data_ptr<float>() + first,
                   .gradient = tensors.gradients[i].const_data_ptr<float>() + first,
                   .mean = tensors.means[i].data_ptr<float>() + first,
                   .square = tensors.squares[i].data_ptr<float>() + first,
                   .average = tensors.averages.empty()
                                  ? nullptr
                                  : tensors.averages[i].data_ptr<float>() + first,
                   .size = std::min(kPiece, size - first),
                   .step_size = static_cast<float>(rates.lr / mean_scale),
                   .root_of_scale = static_cast<float>(std::sqrt(square_scale))});
  }
}

bool is_plain_memory(const Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

bool in_one_pass(const AdamWTensors& tensors) {
  const auto all = [](const std::vector<Tensor>& list) {
    return std::all_of(list.begin(), list.end(), is_plain_memory);
  };
  return all(tensors.params) && all(tensors.gradients) && all(tensors.means) &&
         all(tensors.squares) && all(tensors.averages);
}

}  // namespace

void adamw(const AdamWTensors& given, const AdamWRates& rates) {
  AdamWTensors tensors = given;
  // LibTorch's kernel would read another layout's memory in the parameter's order.
  for (Tensor& gradient : tensors.gradients) gradient = gradient.contiguous();
  if (!in_one_pass(tensors)) return adamw_plain(tensors, rates);
  const torch::NoGradGuard frozen;
  std::vector<Piece> pieces;
  for (size_t i = 0; i < tensors.params.size(); ++i) add_pieces(tensors, i, rates, pieces);
  const Numbers numbers{.kept = static_cast<float>(1 - rates.lr * rates.weight_decay),
                        .gradient_factor = static_cast<float>(rates.gradient_factor),
                        .to_mean = static_cast<float>(1 - rates.beta1),
                        .beta2 = static_cast<float>(rates.beta2),
                        .to_square = static_cast<float>(1 - rates.beta2),
                        .eps = static_cast<float>(rates.eps),
                        .to_average = static_cast<float>(1 - rates.momentum)};
  static const Update run = widest();
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t first, int64_t end) {
    for (int64_t i = first; i < end; ++i) run(pieces[static_cast<size_t>(i)], numbers);
  });
}

void adamw_plain(const AdamWTensors& tensors, const AdamWRates& rates) {
  const torch::NoGradGuard frozen;
  if (tensors.params.empty()) return;
  if (rates.gradient_factor != 1) at::_foreach_mul_(tensors.gradients, rates.gradient_factor);
  at::_fused_adamw_(tensors.params,
                    tensors.gradients,
                    tensors.means,
                    tensors.squares,
                    /*max_exp_avg_sqs=*/{},
                    tensors.steps,
                    rates.lr,
                    rates.beta1,
                    rates.beta2,
                    rates.weight_decay,
                    rates.eps,
                    /*amsgrad=*/false,
                    /*maximize=*/false);
  if (!tensors.averages.empty())
    at::_foreach_lerp_(tensors.averages, tensors.params, 1 - rates.momentum);
}

}  // namespace troodon::kernels
