#pragma once

#include <torch/types.h>

#include "heads/training.hpp"
#include "heads/weights.hpp"

namespace troodon::heads {

/// Linear, GELU, Linear on one vector a picture. Weights: fc1.{weight,bias}, fc2.{weight,bias}.
struct MlpProbe {
  int64_t inputs = 0, hidden = 512, classes = 0;
  Weights weights;
};

/// One learned query attends over a picture's tokens by several heads (cross-attention), then a
/// linear layer. Weights: query [1,D], norm.*, kv.*, proj.*, classifier.* (weight, bias).
struct AttentiveProbe {
  int64_t inputs = 0, heads = 8, classes = 0;
  Weights weights;
};

Shapes shapes_of(const MlpProbe& probe);
Shapes shapes_of(const AttentiveProbe& probe);

/// Fresh weights. Throws Error (Exit::input) where `heads` doesn't divide `inputs`.
MlpProbe make_mlp_probe(int64_t inputs, int64_t classes, int64_t hidden, uint64_t seed);
AttentiveProbe make_attentive_probe(int64_t inputs, int64_t classes, int64_t heads, uint64_t seed);

Tensor probe_logits(const MlpProbe& probe, const Tensor& x);             ///< [B,I] -> [B,K]
Tensor probe_logits(const AttentiveProbe& probe, const Tensor& tokens);  ///< [B,T,D] -> [B,K]

struct ProbeOptions {
  Training training = probe_training();
  int64_t batch = 128;
  int64_t hidden = 512;          ///< of the MLP
  int64_t heads = 8;             ///< of the attention; must divide the width
  double label_smoothing = 0.0;  ///< 0..1
};

/// data.features [n,I]. Throws Error (Exit::input) where labels or features won't do.
MlpProbe train_mlp_probe(const Labelled& data,
                         int64_t classes,
                         const ProbeOptions& options = {},
                         const Observer& observer = {});
/// data.features [n,T,D].
AttentiveProbe train_attentive_probe(const Labelled& data,
                                     int64_t classes,
                                     const ProbeOptions& options = {},
                                     const Observer& observer = {});

}  // namespace troodon::heads
