#pragma once

#include <functional>
#include <string>
#include <vector>

#include <torch/nn.h>

#include "model/block.hpp"

namespace troodon::model {

/// Everything that fixes a network's shape. Names are those of the official constructor.
struct VitConfig {
  int64_t img_size = 224;  ///< side of the square picture whose grid pos_embed stores, in pixels
  int64_t patch_size = 16;
  int64_t in_chans = 3;
  int64_t embed_dim = 384;
  int64_t depth = 12;
  int64_t num_heads = 6;
  double mlp_ratio = 4.0;
  bool qkv_bias = true;
  bool proj_bias = true;
  bool ffn_bias = true;
  double drop_path_rate = 0.0;
  bool drop_path_uniform = false;
  double init_values = 0.0;       ///< LayerScale; 0 leaves it out
  std::string ffn_layer = "mlp";  ///< mlp, swiglu, swiglufused or identity
  int64_t num_register_tokens = 0;
  bool interpolate_antialias = false;
  double interpolate_offset = 0.1;

  bool operator==(const VitConfig&) const = default;
};

/// forward_features of B pictures with N patches, R registers, width D.
struct VitFeatures {
  Tensor x_norm_clstoken;     ///< [B,D]
  Tensor x_norm_regtokens;    ///< [B,R,D]
  Tensor x_norm_patchtokens;  ///< [B,N,D]
  Tensor x_prenorm;           ///< [B,1+R+N,D], before the last LayerNorm
};

/// Normed tokens at the places where a loss looks.
struct SelectedTokens {
  Tensor cls;      ///< [B,D]
  Tensor patches;  ///< [M,D], in the order they were asked for
};

struct IntermediateLayer {
  Tensor patches;    ///< [B,N,D], or [B,D,H/p,W/p] when reshaped
  Tensor cls_token;  ///< [B,D]
};

struct IntermediateOptions {
  std::vector<int64_t> blocks;  ///< 0-based; output is in ascending order
  bool reshape = false;
  bool norm = true;
};

/// Cuts pictures into patches: one convolution with kernel = stride = patch. [B,C,H,W] -> [B,N,D].
struct PatchEmbedImpl : nn::Module {
  nn::Conv2d proj;
  explicit PatchEmbedImpl(const VitConfig& config);
  Tensor forward(const Tensor& images) { return proj(images).flatten(2).transpose(1, 2); }
};
TORCH_MODULE(PatchEmbed);

enum class Init {
  random,  ///< the official initialisation, from LibTorch's generator
  none,    ///< memory only, for weights that are loaded next
};

/// DINOv2's Vision Transformer (paper section 4; spec dinov2.md section 1). Parameter names are the
/// official state-dict keys, flat (block_chunks = 0).
class VisionTransformerImpl : public nn::Module {
 public:
  explicit VisionTransformerImpl(const VitConfig& config, Init init = Init::random);

  /// images [B,3,H,W] with H, W multiples of the patch; masks [B,N] bool or undefined: True patches
  /// are replaced by mask_token. Throws Error on a size that doesn't fit.
  VitFeatures forward_features(const Tensor& images, const Tensor& masks = {});
  /// Several crop sizes at once (official nested path): batch-subset drop path at any rate > 0.
  std::vector<VitFeatures> forward_features(const std::vector<Tensor>& images,
                                            const std::vector<Tensor>& masks);
  /// The same, but of each batch only class tokens and the patches at patch_indices [M], int64,
  /// into the flattened [B*N] (undefined: none). The last feed-forward runs on those rows alone;
  /// their values are the same.
  std::vector<SelectedTokens> forward_selected(const std::vector<Tensor>& images,
                                               const std::vector<Tensor>& masks,
                                               const std::vector<Tensor>& patch_indices);
  /// x_norm_clstoken [B,D].
  Tensor forward(const Tensor& images) { return forward_features(images).x_norm_clstoken; }
  std::vector<IntermediateLayer> get_intermediate_layers(const Tensor& images,
                                                         const IntermediateOptions& options);
  /// The last `n` blocks.
  std::vector<IntermediateLayer> get_intermediate_layers(const Tensor& images, int64_t n = 1);
  /// Softmax weights of one block, [B,heads,T,T] with T = 1+R+N. block -1 is the last.
  Tensor attention_map(const Tensor& images, int64_t block = -1);
  /// pos_embed for a picture of height x width pixels: [1,1+N,D], dtype of pos_embed.
  Tensor interpolate_pos_encoding(int64_t height, int64_t width);
  /// Patch, class, register tokens with positions: what the first block sees. [B,1+R+N,D]
  Tensor prepare_tokens(const Tensor& images, const Tensor& masks = {});

  const VitConfig& config() const { return config_; }
  /// Draws of stochastic depth: a permutation of n. Replace it for tests and per-step seeds.
  Permutation permutation;
  NestedPass nested;  ///< how forward_features and forward_selected take several sizes
  /// What forward_selected shows to block i (0..depth-1), and at last to the norm (i = depth),
  /// passes here first, if it is set. Lets weights come when they are needed (train/sharded.hpp).
  std::function<Tensor(int64_t i, const Tensor& x)> before_block;

 private:
  void initialise();
  void check_size(const Tensor& images) const;
  VitFeatures split(const Tensor& tokens);
  std::vector<Packed> prepare_packed(const std::vector<Tensor>& images,
                                     const std::vector<Tensor>& masks);
  void run(int64_t number, std::vector<Packed>& xs);
  void show(int64_t number, std::vector<Packed>& xs);
  Tensor selected_rows(const Sequences& batch, int64_t first, const Tensor& patch_indices) const;

  VitConfig config_;
  Tensor cls_token_, pos_embed_, register_tokens_, mask_token_;
  PatchEmbed patch_embed_;
  std::vector<Block> blocks_;
  nn::LayerNorm norm_;
};
TORCH_MODULE(VisionTransformer);

/// Normal(0, std) cut at +-2, the official weight init (timm's trunc_normal_).
void trunc_normal_(Tensor tensor, double std);

}  // namespace troodon::model
