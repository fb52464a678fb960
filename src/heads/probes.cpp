#include "heads/probes.hpp"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::heads {
namespace {

constexpr double kNormEps = 1e-6;

/// Normal weights (0.02), zero biases; scales of norms are 1.
Weights fresh(const Shapes& shapes, uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  Weights out;
  for (const auto& [name, shape] : shapes) {
    const bool matrix = shape.size() > 1;
    out[name] = matrix                          ? at::empty(shape).normal_(0, 0.02, generator)
                : name.ends_with("norm.weight") ? at::ones(shape)
                                                : at::zeros(shape);
  }
  return out;
}

Tensor linear(const Weights& w, const std::string& name, const Tensor& x) {
  return at::linear(x, w.at(name + ".weight"), w.at(name + ".bias"));
}

std::vector<std::string> names_of(const Weights& weights) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : weights) names.push_back(name);
  return names;
}

/// Cross-entropy of random rows under AdamW.
template <class Probe>
void train(Probe& probe,
           const Labelled& data,
           const ProbeOptions& options,
           const Observer& observer) {
  const int64_t rows = data.features.size(0), batch = std::min(options.batch, rows);
  const auto loss = [&](int64_t iteration) {
    Random random(mix(options.training.seed, iteration));
    Tensor places = at::empty({batch}, at::kLong);
    for (int64_t i = 0; i < batch; ++i) places[i] = random.integer(0, rows - 1);
    const Tensor x = data.features.index_select(0, places).to(at::kFloat);
    return at::cross_entropy_loss(probe_logits(probe, x),
                                  data.labels.index_select(0, places).to(at::kLong),
                                  /*weight=*/{},
                                  at::Reduction::Mean,
                                  /*ignore_index=*/-100,
                                  options.label_smoothing);
  };
  train_weights(probe.weights, names_of(probe.weights), options.training, loss, observer);
}

void check(const Labelled& data, int64_t classes, int64_t dims, const char* what) {
  check_labelled(data, classes, what);
  if (data.features.dim() != dims) {
    fail(Exit::input, "{}: features have {} dimensions, not {}", what, data.features.dim(), dims);
  }
}

}  // namespace

Shapes shapes_of(const MlpProbe& probe) {
  return {{"fc1.weight", {probe.hidden, probe.inputs}},
          {"fc1.bias", {probe.hidden}},
          {"fc2.weight", {probe.classes, probe.hidden}},
          {"fc2.bias", {probe.classes}}};
}

Shapes shapes_of(const AttentiveProbe& probe) {
  const int64_t d = probe.inputs;
  return {{"query", {1, d}},
          {"norm.weight", {d}},
          {"norm.bias", {d}},
          {"kv.weight", {2 * d, d}},
          {"kv.bias", {2 * d}},
          {"proj.weight", {d, d}},
          {"proj.bias", {d}},
          {"classifier.weight", {probe.classes, d}},
          {"classifier.bias", {probe.classes}}};
}

MlpProbe make_mlp_probe(int64_t inputs, int64_t classes, int64_t hidden, uint64_t seed) {
  if (inputs < 1 || classes < 2 || hidden < 1) {
    fail(Exit::input,
         "an MLP probe needs inputs, hidden units and two classes, not {}, {} and {}",
         inputs,
         hidden,
         classes);
  }
  MlpProbe probe{.inputs = inputs, .hidden = hidden, .classes = classes, .weights = {}};
  probe.weights = fresh(shapes_of(probe), seed);
  return probe;
}

AttentiveProbe make_attentive_probe(int64_t inputs, int64_t classes, int64_t heads, uint64_t seed) {
  if (heads < 1 || inputs < 1 || inputs % heads != 0 || classes < 2) {
    fail(Exit::input,
         "an attentive probe with {} heads and {} classes on tokens of width {}: heads must divide "
         "the width, and there must be two classes",
         heads,
         classes,
         inputs);
  }
  AttentiveProbe probe{.inputs = inputs, .heads = heads, .classes = classes, .weights = {}};
  probe.weights = fresh(shapes_of(probe), seed);
  return probe;
}

Tensor probe_logits(const MlpProbe& probe, const Tensor& x) {
  return linear(probe.weights, "fc2", at::gelu(linear(probe.weights, "fc1", x)));
}

Tensor probe_logits(const AttentiveProbe& probe, const Tensor& tokens) {
  const Weights& w = probe.weights;
  const int64_t batch = tokens.size(0), heads = probe.heads, width = probe.inputs / heads;
  const Tensor x =
      at::layer_norm(tokens, {probe.inputs}, w.at("norm.weight"), w.at("norm.bias"), kNormEps);
  // [B,T,2,H,d] -> keys and values [B,H,T,d]
  const Tensor kv = linear(w, "kv", x).view({batch, -1, 2, heads, width}).permute({2, 0, 3, 1, 4});
  const Tensor query = w.at("query").view({1, heads, 1, width}).expand({batch, heads, 1, width});
  const Tensor read = at::scaled_dot_product_attention(query, kv[0], kv[1]);
  return linear(w, "classifier", linear(w, "proj", read.reshape({batch, probe.inputs})));
}

MlpProbe train_mlp_probe(const Labelled& data,
                         int64_t classes,
                         const ProbeOptions& options,
                         const Observer& observer) {
  check(data, classes, 2, "features to train an MLP probe on");
  MlpProbe probe =
      make_mlp_probe(data.features.size(1), classes, options.hidden, options.training.seed);
  train(probe, data, options, observer);
  return probe;
}

AttentiveProbe train_attentive_probe(const Labelled& data,
                                     int64_t classes,
                                     const ProbeOptions& options,
                                     const Observer& observer) {
  check(data, classes, 3, "tokens to train an attentive probe on");
  AttentiveProbe probe =
      make_attentive_probe(data.features.size(2), classes, options.heads, options.training.seed);
  train(probe, data, options, observer);
  return probe;
}

}  // namespace troodon::heads
