#include "evaluate/tensors.hpp"

namespace troodon::evaluate {

heads::Labelled labelled_of(const frozen::Vectors& vectors) {
  std::vector<int64_t> shape = {vectors.features.rows};
  shape.insert(shape.end(), vectors.item_shape.begin(), vectors.item_shape.end());
  auto* values = const_cast<float*>(vectors.features.values.data());  // torch has no const views
  auto* labels = const_cast<int64_t*>(vectors.features.labels.data());
  const auto rows = static_cast<int64_t>(vectors.features.labels.size());
  return {torch::from_blob(values, shape), torch::from_blob(labels, {rows}, torch::kLong)};
}

std::vector<model::IntermediateLayer> layers_of(const frozen::Tokens& tokens) {
  const Tensor all = torch::from_blob(const_cast<float*>(tokens.values.data()),
                                      {tokens.layers, tokens.tokens(), tokens.dim});
  std::vector<model::IntermediateLayer> out;
  for (int64_t i = 0; i < tokens.layers; ++i) {
    const Tensor patches = all[i].slice(0, 1).transpose(0, 1).clone(at::MemoryFormat::Contiguous);
    out.push_back({.patches = patches.view({1, tokens.dim, tokens.rows, tokens.columns}),
                   .cls_token = all[i].slice(0, 0, 1).clone()});
  }
  return out;
}

std::vector<Tensor> maps_of(const frozen::Tokens& tokens) {
  std::vector<Tensor> out;
  for (const auto& layer : layers_of(tokens)) out.push_back(layer.patches);
  return out;
}

std::vector<float> floats_of(const Tensor& tensor) {
  const Tensor values = tensor.to(torch::kFloat).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

}  // namespace troodon::evaluate
