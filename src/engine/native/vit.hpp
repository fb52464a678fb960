#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/native/linear.hpp"
#include "engine/network.hpp"
#include "image/pixels.hpp"

namespace troodon::engine {

/// One block's weights; LayerScale is inside proj and the last layer of the feed-forward.
struct BlockWeights {
  std::vector<float> norm1_gain, norm1_bias, norm2_gain, norm2_bias;
  Matrix query, rest;  ///< rest: keys and values; where all tokens ask, the whole of qkv
  Matrix proj, inner, outer;
  std::vector<float> identity;  ///< feed-forward "identity": its LayerScale
  bool only_class = false;      ///< nobody looks at what the other tokens become
};

/// A frozen ViT in the order that tiles like.
struct VitWeights {
  int64_t dim = 0, heads = 0, patch = 0, registers = 0;
  std::string ffn;
  std::vector<float> cls_token, register_tokens, norm_gain, norm_bias;
  std::function<std::vector<float>(int64_t rows, int64_t columns)> positions;  ///< Network's
  Matrix patch_embed;  ///< takes bytes (y, x, channel) of a patch; normalisation is inside
  std::vector<BlockWeights> blocks;
};

/// Forgets each of the network's weights as soon as it is copied.
VitWeights weights_of(Network network, const EngineOptions& options);

/// Where pictures go through the network, kept from one to the next.
struct Workspace {
  std::vector<float> x, normed, wide, mixed, hidden, pixels;
  Scratch scratch;
};

/// Features of pictures of one shape -> out [B, item...]. `start` [1+R+N,D]: what every token
/// starts from: class token and registers complete, patches without their content.
void forward(const VitWeights& vit,
             const EngineOptions& options,
             std::span<const image::Image> pictures,
             const std::vector<float>& start,
             float* out,
             Workspace& w,
             Team& team);

}  // namespace troodon::engine
