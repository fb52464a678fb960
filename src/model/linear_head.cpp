#include "model/linear_head.hpp"

#include <array>

#include "base/error.hpp"

namespace troodon::model {
namespace {

/// Class tokens in `inputs` numbers that end with a mean patch token; 0 where it cannot be told.
int64_t layers_of(int64_t inputs, int64_t embed_dim) {
  if (embed_dim > 0) return inputs % embed_dim == 0 ? inputs / embed_dim - 1 : 0;
  // Twice and five times the released widths are eight different numbers.
  for (const int64_t width : std::array<int64_t, 4>{384, 768, 1024, 1536}) {
    if (inputs == 2 * width) return 1;
    if (inputs == 5 * width) return 4;
  }
  return 0;
}

}  // namespace

std::optional<LinearHead> linear_head_of(const StateDict& state, int64_t embed_dim) {
  const bool beside = state.find("classifier.weight") != nullptr;
  if (!beside && state.tensors.size() != 2) return std::nullopt;
  const std::string prefix = beside ? "classifier." : "";
  const Tensor *weight = state.find(prefix + "weight"), *bias = state.find(prefix + "bias");
  if (weight == nullptr || bias == nullptr) return std::nullopt;
  if (weight->dim() != 2 || bias->dim() != 1 || weight->size(0) != bias->size(0)) {
    fail(Exit::input,
         "'{}weight' and '{}bias' make no classifier: {} and {}",
         prefix,
         prefix,
         weight->sizes().vec(),
         bias->sizes().vec());
  }
  const int64_t layers = layers_of(weight->size(1), embed_dim);
  if (embed_dim > 0 && layers < 1) {
    fail(Exit::input,
         "the classifier sees {} numbers, which is no whole number of tokens of this backbone ({})",
         weight->size(1),
         embed_dim);
  }
  return LinearHead{
      .weight = weight->to(torch::kFloat), .bias = bias->to(torch::kFloat), .layers = layers};
}

LinearHead read_linear_head(const fs::path& path, int64_t embed_dim) {
  try {
    if (auto head = linear_head_of(read_checkpoint(path), embed_dim)) return *std::move(head);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.find(path.string()) != std::string::npos) throw;
    fail(error.code(), "{}: {}", path.string(), text);
  }
  fail(Exit::input, "{}: holds no linear head (weight, bias or classifier.*)", path.string());
}

StateDict to_state(const LinearHead& head) {
  return {.tensors = {{"weight", head.weight}, {"bias", head.bias}}, .metadata = {}};
}

}  // namespace troodon::model
