#include "model/vit.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "model/position.hpp"

namespace troodon::model {
namespace {

double drop_rate(const VitConfig& config, int64_t block) {
  if (config.drop_path_uniform || config.depth < 2) {
    return config.drop_path_uniform ? config.drop_path_rate : 0.0;
  }
  return config.drop_path_rate * static_cast<double>(block) / static_cast<double>(config.depth - 1);
}

BlockConfig block_config(const VitConfig& config, int64_t block) {
  return {.dim = config.embed_dim,
          .num_heads = config.num_heads,
          .mlp_ratio = config.mlp_ratio,
          .qkv_bias = config.qkv_bias,
          .proj_bias = config.proj_bias,
          .ffn_bias = config.ffn_bias,
          .init_values = config.init_values,
          .drop_path = drop_rate(config, block),
          .ffn_layer = config.ffn_layer};
}

void check_config(const VitConfig& c) {
  if (c.patch_size < 1 || c.embed_dim < 1 || c.depth < 1 || c.img_size < c.patch_size ||
      c.img_size % c.patch_size != 0 || c.num_register_tokens < 0 || c.in_chans < 1) {
    fail(Exit::config,
         "no ViT has img_size {}, patch_size {}, embed_dim {}, depth {}, registers {}",
         c.img_size,
         c.patch_size,
         c.embed_dim,
         c.depth,
         c.num_register_tokens);
  }
}

/// Single-tensor training: small rates flip a coin per sample, larger ones choose a part.
DropPath single_mode(bool training, double rate) {
  if (!training || rate <= 0) return DropPath::none;
  return rate > 0.1 ? DropPath::subset : DropPath::per_sample;
}

}  // namespace

void trunc_normal_(Tensor tensor, double std) {
  const torch::NoGradGuard frozen;
  tensor.normal_(0, std).clamp_(-2, 2);
}

PatchEmbedImpl::PatchEmbedImpl(const VitConfig& config)
    : proj(register_module(
          "proj",
          nn::Conv2d(nn::Conv2dOptions(config.in_chans, config.embed_dim, config.patch_size)
                         .stride(config.patch_size)))) {}

VisionTransformerImpl::VisionTransformerImpl(const VitConfig& config, Init init)
    : permutation([](int64_t n) { return torch::randperm(n); }),
      config_((check_config(config), config)),
      patch_embed_(config),
      norm_(nn::LayerNormOptions({config.embed_dim}).eps(1e-6)) {
  const int64_t side = config.img_size / config.patch_size, dim = config.embed_dim;
  cls_token_ = register_parameter("cls_token", torch::empty({1, 1, dim}));
  pos_embed_ = register_parameter("pos_embed", torch::empty({1, 1 + side * side, dim}));
  if (config.num_register_tokens > 0) {
    register_tokens_ =
        register_parameter("register_tokens", torch::empty({1, config.num_register_tokens, dim}));
  }
  mask_token_ = register_parameter("mask_token", torch::zeros({1, dim}));
  register_module("patch_embed", patch_embed_);
  nn::ModuleList blocks;
  for (int64_t i = 0; i < config.depth; ++i) {
    blocks_.emplace_back(block_config(config, i));
    blocks->push_back(blocks_.back().ptr());
  }
  register_module("blocks", blocks);
  register_module("norm", norm_);
  if (init == Init::random) initialise();
}

/// Spec dinov2.md 1.3; the convolution and the norms keep LibTorch's defaults.
void VisionTransformerImpl::initialise() {
  const torch::NoGradGuard frozen;
  trunc_normal_(pos_embed_, 0.02);
  cls_token_.normal_(0, 1e-6);
  if (register_tokens_.defined()) register_tokens_.normal_(0, 1e-6);
  for (const auto& module : modules(/*include_self=*/false)) {
    if (auto* linear = module->as<Linear>()) {
      trunc_normal_(linear->weight, 0.02);
      if (linear->bias.defined()) linear->bias.zero_();
    }
  }
}

void VisionTransformerImpl::check_size(const Tensor& images) const {
  const int64_t patch = config_.patch_size;
  if (images.dim() != 4 || images.size(1) != config_.in_chans) {
    fail(Exit::input,
         "the network wants pictures [B,{},H,W], not [{}]",
         config_.in_chans,
         fmt::join(images.sizes(), ","));
  }
  if (images.size(2) % patch != 0 || images.size(3) % patch != 0 || images.size(2) < patch ||
      images.size(3) < patch) {
    fail(Exit::input,
         "a picture of {}x{} pixels isn't a multiple of the patch of {}; crop or pad it",
         images.size(2),
         images.size(3),
         patch);
  }
}

Tensor VisionTransformerImpl::interpolate_pos_encoding(int64_t height, int64_t width) {
  return interpolate_positions(pos_embed_,
                               {.rows = height / config_.patch_size,
                                .columns = width / config_.patch_size,
                                .antialias = config_.interpolate_antialias,
                                .offset = config_.interpolate_offset});
}

Tensor VisionTransformerImpl::prepare_tokens(const Tensor& images, const Tensor& masks) {
  check_size(images);
  Tensor x = patch_embed_(images);
  if (masks.defined()) {
    if (masks.dim() != 2 || masks.size(0) != x.size(0) || masks.size(1) != x.size(1)) {
      fail("masks are [{}], the pictures have [{},{}] patches",
           fmt::join(masks.sizes(), ","),
           x.size(0),
           x.size(1));
    }
    x = torch::where(masks.unsqueeze(-1), mask_token_.to(x.scalar_type()).unsqueeze(0), x);
  }
  const int64_t batch = x.size(0);
  const Tensor positions =
      interpolate_pos_encoding(images.size(2), images.size(3)).to(x.scalar_type());
  const Tensor cls = (cls_token_ + positions.slice(1, 0, 1)).expand({batch, -1, -1});
  x = x + positions.slice(1, 1);
  if (!register_tokens_.defined()) return torch::cat({cls, x}, 1);
  return torch::cat({cls, register_tokens_.expand({batch, -1, -1}), x}, 1);
}

VitFeatures VisionTransformerImpl::split(const Tensor& tokens) {
  const Tensor normed = norm_(tokens);
  const int64_t registers = config_.num_register_tokens;
  return {.x_norm_clstoken = normed.select(1, 0),
          .x_norm_regtokens = normed.slice(1, 1, 1 + registers),
          .x_norm_patchtokens = normed.slice(1, 1 + registers),
          .x_prenorm = tokens};
}

VitFeatures VisionTransformerImpl::forward_features(const Tensor& images, const Tensor& masks) {
  Tensor x = prepare_tokens(images, masks);
  for (auto& block : blocks_) {
    const DropPath mode = single_mode(is_training(), block->drop_path());
    x = block->feed(block->attend(x, mode, permutation), mode, permutation);
  }
  return split(x);
}

std::vector<VitFeatures> VisionTransformerImpl::forward_features(const std::vector<Tensor>& images,
                                                                 const std::vector<Tensor>& masks) {
  TORCH_CHECK(images.size() == masks.size(), "forward_features: one mask (or none) per batch");
  std::vector<Tensor> xs;
  for (size_t i = 0; i < images.size(); ++i) xs.push_back(prepare_tokens(images[i], masks[i]));
  const DropPath mode = is_training() ? DropPath::subset : DropPath::none;
  for (auto& block :
       blocks_) {  // draws: attention of every batch, then feed-forward of every batch
    for (Tensor& x : xs) x = block->attend(x, mode, permutation);
    for (Tensor& x : xs) x = block->feed(x, mode, permutation);
  }
  std::vector<VitFeatures> out;
  for (const Tensor& x : xs) out.push_back(split(x));
  return out;
}

/// Rows of the flattened tokens [B*T]: class tokens first, then the chosen patches.
Tensor VisionTransformerImpl::selected_rows(const Tensor& tokens,
                                            const Tensor& patch_indices) const {
  const int64_t batch = tokens.size(0), length = tokens.size(1);
  const int64_t before = 1 + config_.num_register_tokens, patches = length - before;
  const auto options = torch::TensorOptions().dtype(torch::kLong).device(tokens.device());
  const Tensor cls = torch::arange(batch, options) * length;
  if (!patch_indices.defined()) return cls;
  const Tensor picture = patch_indices.div(patches, "floor");
  return torch::cat({cls, picture * length + before + (patch_indices - picture * patches)});
}

std::vector<SelectedTokens> VisionTransformerImpl::forward_selected(
    const std::vector<Tensor>& images,
    const std::vector<Tensor>& masks,
    const std::vector<Tensor>& patch_indices) {
  TORCH_CHECK(images.size() == masks.size() && images.size() == patch_indices.size(),
              "forward_selected: one mask and one list of patches (or none) per batch");
  std::vector<Tensor> xs;
  for (size_t i = 0; i < images.size(); ++i) xs.push_back(prepare_tokens(images[i], masks[i]));
  const DropPath mode = is_training() ? DropPath::subset : DropPath::none;
  Block& last = blocks_.back();
  // Stochastic depth scales and drops whole pictures, so there the last block stays whole too.
  const bool whole = mode != DropPath::none && last->drop_path() > 0;
  for (int64_t i = 0; i < config_.depth; ++i) {
    Block& block = blocks_[i];
    if (before_block) {
      for (Tensor& x : xs) x = before_block(i, x);
    }
    for (Tensor& x : xs) x = block->attend(x, mode, permutation);
    if (block.get() == last.get() && !whole) break;
    for (Tensor& x : xs) x = block->feed(x, mode, permutation);
  }
  std::vector<SelectedTokens> out;
  for (size_t i = 0; i < xs.size(); ++i) {
    const int64_t batch = xs[i].size(0);
    Tensor rows = xs[i].flatten(0, 1).index_select(0, selected_rows(xs[i], patch_indices[i]));
    if (!whole) rows = last->feed(rows, DropPath::none, permutation);
    if (before_block) rows = before_block(config_.depth, rows);
    const Tensor normed = norm_(rows);
    out.push_back({.cls = normed.slice(0, 0, batch), .patches = normed.slice(0, batch)});
  }
  return out;
}

std::vector<IntermediateLayer> VisionTransformerImpl::get_intermediate_layers(
    const Tensor& images, const IntermediateOptions& options) {
  const std::set<int64_t> wanted(options.blocks.begin(), options.blocks.end());
  if (wanted.empty() || wanted.size() != options.blocks.size() || *wanted.begin() < 0 ||
      *wanted.rbegin() >= config_.depth) {
    fail("blocks [{}] aren't distinct numbers in 0..{}",
         fmt::join(options.blocks, ","),
         config_.depth - 1);
  }
  Tensor x = prepare_tokens(images);
  const int64_t rows = images.size(2) / config_.patch_size,
                columns = images.size(3) / config_.patch_size;
  std::vector<IntermediateLayer> out;
  for (int64_t i = 0; i <= *wanted.rbegin(); ++i) {
    const DropPath mode = single_mode(is_training(), blocks_[i]->drop_path());
    x = blocks_[i]->feed(blocks_[i]->attend(x, mode, permutation), mode, permutation);
    if (!wanted.contains(i)) continue;
    const Tensor normed = options.norm ? norm_(x) : x;
    Tensor patches = normed.slice(1, 1 + config_.num_register_tokens);
    if (options.reshape) {
      patches = patches.transpose(1, 2)
                    .reshape({x.size(0), config_.embed_dim, rows, columns})
                    .contiguous();
    }
    out.push_back({.patches = patches, .cls_token = normed.select(1, 0)});
  }
  return out;
}

std::vector<IntermediateLayer> VisionTransformerImpl::get_intermediate_layers(const Tensor& images,
                                                                              int64_t n) {
  IntermediateOptions options;
  for (int64_t i = std::max<int64_t>(config_.depth - n, 0); i < config_.depth; ++i) {
    options.blocks.push_back(i);
  }
  if (n > config_.depth) fail("the network has {} blocks, not {}", config_.depth, n);
  return get_intermediate_layers(images, options);
}

Tensor VisionTransformerImpl::attention_map(const Tensor& images, int64_t block) {
  const int64_t which = block < 0 ? config_.depth + block : block;
  if (which < 0 || which >= config_.depth) fail("there is no block {} of {}", block, config_.depth);
  Tensor x = prepare_tokens(images);
  for (int64_t i = 0; i < which; ++i) x = blocks_[i](x);
  return blocks_[which]->attention_weights(x);
}

}  // namespace troodon::model
