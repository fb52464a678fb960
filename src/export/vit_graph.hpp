#pragma once

#include "export/onnx_model.hpp"
#include "model/checkpoint.hpp"

namespace troodon::onnx {

/// Which outputs a graph has.
enum class Tokens {
  cls,      ///< cls_token [batch,D]; the last feed-forward then looks at that token alone
  patches,  ///< patch_tokens [batch,N,D]
  all,      ///< both, and register_tokens [batch,R,D] where the network has registers
};

struct GraphOptions {
  int64_t opset = 17;  ///< 17, or 20 (GELU as one node)
  bool half = false;   ///< matrices and their products in float16; everything else stays float32
  /// Input `pixels`, uint8 [batch,height,width,3] RGB, normalised in the graph; otherwise
  /// `pixel_values`, float32 [batch,channels,height,width], already normalised.
  bool preprocessing = true;
  Tokens tokens = Tokens::all;
};

/// The node that fails when a picture's sides are no multiples of the patch, e.g.
/// "height_and_width_must_be_multiples_of_14".
std::string size_rule(int64_t patch_size);

/// The network as an ONNX graph for any batch, height and width. The weights are views of the
/// network's, which must live until the model is written. Throws Error on options that don't fit.
OnnxModel vit_model(model::Backbone& backbone, const GraphOptions& options);

}  // namespace troodon::onnx
