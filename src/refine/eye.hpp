#pragma once

#include "image/pixels.hpp"
#include "model/vit.hpp"
#include "refine/refine.hpp"

namespace troodon::refine {

using torch::Tensor;

/// What a network sees in a picture.
struct Sight {
  Tensor similarity;  ///< [N,N], cosines between the patch tokens of a block
  Tensor token;       ///< [D], the class token
};

/// A frozen network through which gradients reach the picture.
class Eye {
 public:
  /// Throws Error for what is no network, and for a block that it has not.
  explicit Eye(const RefineOptions& options);

  torch::Device device() const { return device_; }
  int64_t patch() const { return config_.patch_size; }  ///< pixels

  /// A picture at the size where the network looks: [1,3,H,W], sides multiples of the patch.
  Tensor prepared(const image::Image& picture) const;
  /// planes [1,3,H,W] in 0..1, sides multiples of the patch.
  Sight look(const Tensor& planes);

 private:
  torch::Device device_;
  int64_t grid_, block_ = 0;
  model::VitConfig config_;
  model::VisionTransformer network_{nullptr};
  Tensor mean_, std_;  ///< of the colours that the network learnt from, [1,3,1,1]
};

/// Pixels as [1,3,H,W] in 0..1, and back; what lies outside is cut off.
Tensor planes_of(const image::Image& picture);
image::Image image_of(const Tensor& planes);

}  // namespace troodon::refine
