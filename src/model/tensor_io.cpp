#include "model/tensor_io.hpp"

#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/place.hpp"

namespace troodon::model {
namespace {

using Pair = std::pair<DType, torch::ScalarType>;
constexpr std::array<Pair, 10> kTypes = {Pair{DType::f64, torch::kDouble},
                                         Pair{DType::f32, torch::kFloat},
                                         Pair{DType::f16, torch::kHalf},
                                         Pair{DType::bf16, torch::kBFloat16},
                                         Pair{DType::i64, torch::kLong},
                                         Pair{DType::i32, torch::kInt},
                                         Pair{DType::i16, torch::kShort},
                                         Pair{DType::i8, torch::kChar},
                                         Pair{DType::u8, torch::kByte},
                                         Pair{DType::boolean, torch::kBool}};

torch::ScalarType scalar_type(const TensorView& view) {
  for (const auto& [dtype, scalar] : kTypes) {
    if (dtype == view.dtype) return scalar;
  }
  fail("'{}' has a dtype that LibTorch lacks", view.name);
}

}  // namespace

torch::Tensor to_tensor(const TensorView& view) {
  torch::Tensor out = torch::empty(view.shape, scalar_type(view));
  if (!view.data.empty()) std::memcpy(out.data_ptr(), view.data.data(), view.data.size());
  return out;
}

torch::Tensor to_mapped_tensor(const TensorView& view, std::shared_ptr<const TensorFile> file) {
  const auto address = reinterpret_cast<uintptr_t>(view.data.data());
  if (view.data.empty() || address % dtype_bytes(view.dtype) != 0) return to_tensor(view);
  const auto let_go = [file = std::move(file), data = view.data](void*) { release_pages(data); };
  return torch::from_blob(
      const_cast<std::byte*>(view.data.data()), view.shape, let_go, scalar_type(view));
}

torch::Tensor to_shape(const TensorView& view) {
  return torch::empty(view.shape, torch::TensorOptions(scalar_type(view)).device(torch::kMeta));
}

TensorView to_shape_view(std::string name, const torch::Tensor& tensor) {
  for (const auto& [dtype, scalar] : kTypes) {
    if (scalar == tensor.scalar_type()) return {std::move(name), dtype, tensor.sizes().vec(), {}};
  }
  fail("'{}': cannot store dtype {}", name, torch::toString(tensor.scalar_type()));
}

TensorView to_view(std::string name, const torch::Tensor& tensor) {
  TORCH_CHECK(
      tensor.is_contiguous() && tensor.device().is_cpu(), name, ": wants a contiguous CPU tensor");
  TensorView view = to_shape_view(std::move(name), tensor);
  view.data = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

}  // namespace troodon::model
