#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

#include "heads/depth_losses.hpp"
#include "heads/training.hpp"
#include "heads/weights.hpp"
#include "heads/windows.hpp"
#include "model/vit.hpp"

namespace troodon::heads {

enum class DepthKind {
  linear,  ///< 1x1 convolution to bins
  dpt,     ///< Dense Prediction Transformer, Ranftl et al. 2021
};
enum class BinSpacing { uniform, logarithmic };  ///< the official UD and SID
enum class BinNorm { linear, softmax, sigmoid };

/// Metres.
struct DepthRange {
  double min = 0.001, max = 10.0;
};
constexpr DepthRange kNyuRange{.min = 0.001, .max = 10.0};
constexpr DepthRange kKittiRange{.min = 0.001, .max = 80.0};
/// What hub's linear depthers use for every data set (quirks.md 21).
constexpr DepthRange kHubLinearRange{.min = 0.001, .max = 80.0};

/// Official depth heads (spec dinov2.md 2.5 and 4.4) on raw block outputs (norm = false) with class
/// tokens. Weights: conv_depth.{weight,bias}, or those of DPT.
struct DepthHead {
  DepthKind kind = DepthKind::linear;
  int64_t embed_dim = 0;
  int64_t layers = 1;  ///< blocks it sees; DPT: 4
  DepthRange range;
  // Linear
  int64_t bins = 256;
  BinSpacing spacing = BinSpacing::uniform;
  BinNorm norm = BinNorm::linear;
  int64_t upsample = 4;
  // DPT
  int64_t channels = 256;
  std::vector<int64_t> post_channels;  ///< of the four levels: D/8, D/4, D/2, D
  Weights weights;
};

Shapes shapes_of(const DepthHead& head);

/// Sizes as `head` says (post_channels empty: as above), fresh weights.
DepthHead make_depth_head(DepthHead head, uint64_t seed);

/// Which of a network's `depth` blocks official heads look at (spec section 4.4), from 0: with one
/// layer the last, else even steps, but of 24 blocks 4, 11, 17, 23.
std::vector<int64_t> depth_blocks(int64_t depth, int64_t layers);

/// Metres, not clamped, at the head's own resolution: layers ascending, patches reshaped [B,D,h,w],
/// cls_token [B,D] -> [B,1,4h,4w] (linear) or [B,1,32*ceil(h/2),32*ceil(w/2)] (DPT).
Tensor depth_map(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers);

/// The same, clamped to the range and resized bilinearly: [B,1,height,width].
Tensor predict_depth(const DepthHead& head,
                     const std::vector<model::IntermediateLayer>& layers,
                     Extent size);

struct DepthBatch {
  std::vector<model::IntermediateLayer> layers;
  Tensor target;  ///< [B,1,H,W] metres; 0: not known
};

struct DepthOptions {
  Training training = depth_training();
  DepthLossOptions losses;
};

/// Trains on cached maps; the prediction is resized to the target. Throws Error (Exit::input) on a
/// batch that doesn't fit the head, without a known depth, or with features that aren't finite.
void train_depth_head(DepthHead& head,
                      const std::function<DepthBatch(int64_t iteration)>& next,
                      const DepthOptions& options = {},
                      const Observer& observer = {});

/// DPT of the weights in `head`, before relu and range; see depth_map.
Tensor dpt_forward(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers);
Shapes dpt_shapes(const DepthHead& head);

}  // namespace troodon::heads
