#include <algorithm>

#include "base/machine.hpp"
#include "engine/native/vit.hpp"
#include "image/colour.hpp"

namespace troodon::engine {
namespace {

using Floats = std::vector<float>;

Floats copied(const Network& network, const std::string& name) {
  const TensorView* view = network.find(name);
  if (view == nullptr) return {};
  const auto data = view->as<float>();
  return {data.begin(), data.end()};
}

/// Outputs first to end of a linear layer; all of them: end = -1.
Matrix matrix(const Network& network,
              const std::string& name,
              Precision precision,
              int64_t first = 0,
              int64_t end = -1) {
  const TensorView& weight = network.at(name + ".weight");
  const TensorView* bias = network.find(name + ".bias");
  const int64_t inputs = weight.shape[1];
  if (end < 0) end = weight.shape[0];
  const auto from = static_cast<size_t>(first), count = static_cast<size_t>(end - first);
  return matrix_of(
      weight.as<float>().subspan(from * static_cast<size_t>(inputs),
                                 count * static_cast<size_t>(inputs)),
      bias == nullptr ? std::span<const float>() : bias->as<float>().subspan(from, count),
      inputs,
      precision);
}

/// With the LayerScale behind it.
Matrix scaled_matrix(const Network& network,
                     const std::string& name,
                     const std::string& scale,
                     Precision precision) {
  const TensorView* gamma = network.find(scale + ".gamma");
  if (gamma == nullptr) return matrix(network, name, precision);
  const auto factors = gamma->as<float>();
  Floats weight = copied(network, name + ".weight"), bias = copied(network, name + ".bias");
  const size_t inputs = weight.size() / factors.size();
  for (size_t i = 0; i < weight.size(); ++i) weight[i] *= factors[i / inputs];
  for (size_t i = 0; i < bias.size(); ++i) bias[i] *= factors[i];
  return matrix_of(weight, bias, static_cast<int64_t>(inputs), precision);
}

/// w (x/255 - mean) / std as one matrix for the bytes of a patch, in the order they lie in.
Matrix patch_matrix(const Network& network, Precision precision) {
  const TensorView& stored = network.at("patch_embed.proj.weight");  // [D,3,p,p]
  const auto from = stored.as<float>();
  Floats weight(from.size()), bias = copied(network, "patch_embed.proj.bias");
  const auto area = static_cast<size_t>(network.patch * network.patch);
  for (size_t i = 0; i < weight.size(); ++i) {
    const size_t output = i / (3 * area), channel = i / area % 3, place = i % area;
    const float value = from[i] / image::kImageNetStd[channel];
    bias[output] -= value * image::kImageNetMean[channel];
    weight[(output * area + place) * 3 + channel] = value / 255;
  }
  return matrix_of(weight, bias, static_cast<int64_t>(3 * area), precision);
}

BlockWeights block_weights(const Network& network, int64_t number, const EngineOptions& options) {
  const std::string name = "blocks." + std::to_string(number) + ".";
  const Precision precision = options.precision;
  const int64_t dim = network.dim;
  BlockWeights out{.norm1_gain = copied(network, name + "norm1.weight"),
                   .norm1_bias = copied(network, name + "norm1.bias"),
                   .norm2_gain = copied(network, name + "norm2.weight"),
                   .norm2_bias = copied(network, name + "norm2.bias")};
  out.only_class = number + 1 == network.depth && ends_with_class(options, network.depth);
  if (out.only_class) out.query = matrix(network, name + "attn.qkv", precision, 0, dim);
  out.rest = matrix(network, name + "attn.qkv", precision, out.only_class ? dim : 0);
  out.proj = scaled_matrix(network, name + "attn.proj", name + "ls1", precision);
  if (network.ffn == "identity") {
    out.identity = copied(network, name + "ls2.gamma");
    out.identity.resize(static_cast<size_t>(dim), 1);
  } else {
    const bool mlp = network.ffn == "mlp";
    out.inner = matrix(network, name + (mlp ? "mlp.fc1" : "mlp.w12"), precision);
    out.outer =
        scaled_matrix(network, name + (mlp ? "mlp.fc2" : "mlp.w3"), name + "ls2", precision);
  }
  return out;
}

}  // namespace

VitWeights weights_of(Network network, const EngineOptions& options) {
  VitWeights out{.dim = network.dim,
                 .heads = network.heads,
                 .patch = network.patch,
                 .registers = network.registers,
                 .ffn = network.ffn,
                 .cls_token = copied(network, "cls_token"),
                 .register_tokens = copied(network, "register_tokens"),
                 .norm_gain = copied(network, "norm.weight"),
                 .norm_bias = copied(network, "norm.bias"),
                 .positions = network.positions};
  // Pixels are what int8 must not round: they meet the network in float32 there.
  const bool integers = options.precision == Precision::int8;
  out.patch_embed = patch_matrix(network, integers ? Precision::fp32 : options.precision);
  for (int64_t i = 0; i < network.depth; ++i) {
    out.blocks.push_back(block_weights(network, i, options));
    network.forget("blocks." + std::to_string(i) + ".");
    return_freed_memory();
  }
  return out;
}

}  // namespace troodon::engine
