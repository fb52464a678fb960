#pragma once

#include "model/vit.hpp"

namespace troodon::train {

using torch::Tensor;

/// What forward_selected is asked: crops of several sizes, a mask and wanted patches (or none)
/// each.
struct BackboneInput {
  std::vector<Tensor> crops, masks, patch_indices;
};

/// A backbone whose batch is shared out to the CPU's threads: each takes whole pictures through the
/// whole network, so that threads meet once a pass instead of at every matrix product (1.4 times
/// the speed on two cores). The outputs are those of forward_selected, and gradients are summed up
/// in the order of the parts: the same threads give the same bits.
///
/// One part, and so forward_selected itself, on other devices, with a single thread, of a sharded
/// network, and under stochastic depth, whose draws belong to the batch as a whole.
class BackboneParts {
 public:
  using Tokens = std::vector<model::SelectedTokens>;

  /// Outputs of all parts, joined. With gradients on they are leaves: let the loss flow back into
  /// them, then call backward.
  Tokens forward(model::VisionTransformer& backbone, const BackboneInput& in);
  /// Carries the gradients of forward's outputs on to the backbone's parameters.
  void backward();

 private:
  void share_weights(model::VisionTransformer& backbone, size_t parts);

  std::vector<model::VisionTransformer> networks_;  ///< the backbone, then others on its weights
  std::vector<Tokens> outputs_;                     ///< [part][crop size], while a loss is made
  Tokens joined_;
};

/// The same without gradients and without state.
BackboneParts::Tokens forward_in_parts(model::VisionTransformer& backbone, const BackboneInput& in);

}  // namespace troodon::train
