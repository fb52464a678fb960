#pragma once

#include <optional>

#include "model/checkpoint.hpp"

namespace troodon::model {

/// The official linear classifier on a frozen backbone of width D: K classes,
/// logits = weight @ [class tokens of the last `layers` blocks ascending, mean patch token] + bias,
/// every token after the last norm. Released with 1 and with 4 layers.
struct LinearHead {
  Tensor weight;       ///< [K,(1+layers)*D], float32
  Tensor bias;         ///< [K], float32
  int64_t layers = 0;  ///< 0: unknown, for the width of the backbone isn't
};

/// The head that a file holds: weight and bias alone (official), or classifier.* beside a backbone
/// (Hugging Face's ...ForImageClassification: 1 layer). Nothing if it holds none. embed_dim: D, or
/// 0 for the released widths. Throws Error where the sizes contradict each other or embed_dim.
std::optional<LinearHead> linear_head_of(const StateDict& state, int64_t embed_dim = 0);

/// The same from a file or Hugging Face folder that must hold one. Throws Error naming it.
LinearHead read_linear_head(const fs::path& path, int64_t embed_dim);

/// As the official file has it: weight, bias.
StateDict to_state(const LinearHead& head);

}  // namespace troodon::model
