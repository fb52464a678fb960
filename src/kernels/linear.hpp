#pragma once

#include <torch/types.h>

namespace troodon::kernels {

/// What becomes of a result that was multiplied in half precision for float32 operands.
enum class Result {
  wide,    ///< float32 again
  narrow,  ///< left as it is, for the next product
};

/// x @ weight^T + bias over the last dimension: x [...,I], weight [O,I], bias [O] or undefined ->
/// [...,O]. Differentiable, except with a result of one's choice. float32 goes through AMX tiles on
/// CPUs that have them (amx/gemm.hpp); on CPUs of other makers than Intel through oneDNN where
/// LibTorch has it, which is faster there than MKL's sgemm; everything else is linear_plain.
torch::Tensor linear(const torch::Tensor& x,
                     const torch::Tensor& weight,
                     const torch::Tensor& bias);
torch::Tensor linear(const torch::Tensor& x,
                     const torch::Tensor& weight,
                     const torch::Tensor& bias,
                     Result result);

/// The gradients of linear() in its precision, dy [N,O]: of x, dy @ weight -> [N,I]; of the weight,
/// dy^T @ x -> [O,I].
torch::Tensor input_gradient(const torch::Tensor& dy,
                             const torch::Tensor& weight,
                             Result result = Result::wide);
torch::Tensor weight_gradient(const torch::Tensor& dy, const torch::Tensor& x);

/// While it lives, linear() on float32 CPU tensors rounds its operands and its result to a narrower
/// type (bfloat16 or float16; float32 changes nothing) and sums in float32, forward and backward;
/// what goes in and comes out stays float32. For this thread alone. Without effect where the type
/// is not available().
class NarrowProducts {
 public:
  explicit NarrowProducts(at::ScalarType type);
  ~NarrowProducts();
  NarrowProducts(const NarrowProducts&) = delete;
  NarrowProducts& operator=(const NarrowProducts&) = delete;

  /// Whether this CPU multiplies the type itself (bfloat16: avx512_bf16 or amx_bf16; float16:
  /// avx512_fp16) and LibTorch has oneDNN.
  static bool available(at::ScalarType type);
  /// The type in this thread, float32 where none lives: what a helper thread must take over.
  static at::ScalarType active();

 private:
  at::ScalarType before_;
};

/// x as products read it, for what several of them share or a backward pass keeps: in the type of
/// the NarrowProducts that are active, else as it is. Of what linear() gave nothing gets lost, as
/// it is rounded so already.
torch::Tensor product_operand(const torch::Tensor& x);

/// The same as LibTorch does it: what linear() is checked against.
torch::Tensor linear_plain(const torch::Tensor& x,
                           const torch::Tensor& weight,
                           const torch::Tensor& bias);

}  // namespace troodon::kernels
