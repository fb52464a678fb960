#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

#include "heads/training.hpp"
#include "heads/weights.hpp"
#include "heads/windows.hpp"

namespace troodon::heads {

/// The official segmentation head (BNHead; spec dinov2.md 2.6 and 4.5): feature maps of `layers`
/// last blocks, brought to the size of the first and stacked, batch norm, 1x1 convolution. Weights:
/// bn.{weight,bias,running_mean,running_var,num_batches_tracked}, conv_seg.{weight,bias}.
struct SegmentHead {
  int64_t embed_dim = 0;
  int64_t layers = 1;  ///< 1: "linear", 4: "ms"
  int64_t classes = 0;
  Weights weights;
};

Shapes shapes_of(const SegmentHead& head);

SegmentHead make_segment_head(int64_t embed_dim, int64_t layers, int64_t classes, uint64_t seed);

/// Logits at the size of the first map: maps [layers] of [B,D,h,w] -> [B,K,h,w].
Tensor segment_logits(const SegmentHead& head, const std::vector<Tensor>& maps);

/// The same with the batch's own statistics, which move the running ones; differentiable in the
/// weights.
Tensor segment_logits_training(SegmentHead& head, const std::vector<Tensor>& maps);

/// The class of each pixel: int64 [B,height,width].
Tensor segment_classes(const SegmentHead& head, const std::vector<Tensor>& maps, Extent size);

/// By what the sum of cross-entropies is divided.
enum class Average {
  all_pixels,  ///< ignored ones too, which add 0 (mmseg's default)
  judged_pixels,
};

/// logits [B,K,H,W], target [B,H,W] of any integer type; `ignore` marks pixels without a class.
Tensor segment_loss(const Tensor& logits,
                    const Tensor& target,
                    Average average = Average::all_pixels,
                    int64_t ignore = 255);

struct SegmentBatch {
  std::vector<Tensor> maps;  ///< [layers] of [B,D,h,w]
  Tensor target;             ///< [B,H,W]
};

struct SegmentOptions {
  Training training = segment_training();
  Average average = Average::all_pixels;
  int64_t ignore = 255;
};

/// Trains on cached maps: next(iteration) yields a batch. Throws Error (Exit::input) on a batch
/// that doesn't fit the head, a class outside it, or features that aren't finite.
void train_segment_head(SegmentHead& head,
                        const std::function<SegmentBatch(int64_t iteration)>& next,
                        const SegmentOptions& options = {},
                        const Observer& observer = {});

}  // namespace troodon::heads
