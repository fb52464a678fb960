// The paths of VisionTransformer that take crops of several sizes: the nested input of the
// official code, packed into one sequence or one pass per size (spec dinov2.md 1.7, 3.13).
#include <ATen/ATen.h>

#include "kernels/checkpoint.hpp"
#include "model/vit.hpp"

namespace troodon::model {

/// All batches as one packed tensor, or each as one of its own.
std::vector<Packed> VisionTransformerImpl::prepare_packed(const std::vector<Tensor>& images,
                                                          const std::vector<Tensor>& masks) {
  TORCH_CHECK(!images.empty() && images.size() == masks.size(),
              "the nested pass wants batches of crops and a mask (or none) for each");
  std::vector<Tensor> tokens;
  for (size_t i = 0; i < images.size(); ++i) tokens.push_back(prepare_tokens(images[i], masks[i]));
  if (nested.packed) return {pack(tokens)};
  std::vector<Packed> out;
  for (const Tensor& batch : tokens) out.push_back(pack({batch}));
  return out;
}

/// Tells before_block, if there is one, what block `number` sees.
void VisionTransformerImpl::show(int64_t number, std::vector<Packed>& xs) {
  if (!before_block) return;
  for (Packed& x : xs) x.tokens = before_block(number, x.tokens);
}

/// A whole block. Draws come first, attention of every batch, then feed-forward of every batch, so
/// that neither packing nor computing a block a second time changes them.
void VisionTransformerImpl::run(int64_t number, std::vector<Packed>& xs) {
  const Block& block = blocks_[static_cast<size_t>(number)];
  show(number, xs);
  const double rate = is_training() ? block->drop_path() : 0;
  std::vector<Kept> attention, feed;
  for (const Packed& x : xs) attention.push_back(draw_kept(x, rate, permutation));
  for (const Packed& x : xs) feed.push_back(draw_kept(x, rate, permutation));
  for (size_t i = 0; i < xs.size(); ++i) {
    const auto compute = [block = block.ptr(), pass = nested, kept = attention[i], fed = feed[i]](
                             const Tensor& tokens) {
      return block->feed(block->attend(tokens, kept, pass), fed, pass);
    };
    Tensor& tokens = xs[i].tokens;
    tokens = nested.checkpoint ? kernels::checkpointed(compute, tokens) : compute(tokens);
  }
}

std::vector<VitFeatures> VisionTransformerImpl::forward_features(const std::vector<Tensor>& images,
                                                                 const std::vector<Tensor>& masks) {
  std::vector<Packed> xs = prepare_packed(images, masks);
  for (int64_t i = 0; i < config_.depth; ++i) run(i, xs);
  show(config_.depth, xs);
  std::vector<VitFeatures> out;
  for (const Packed& x : xs) {
    for (const Tensor& batch : unpack(x)) out.push_back(split(batch));
  }
  return out;
}

/// Rows of a packed tensor in which a batch starts at row `first`: its class tokens, then the
/// chosen patches.
Tensor VisionTransformerImpl::selected_rows(const Sequences& batch,
                                            int64_t first,
                                            const Tensor& patch_indices) const {
  const int64_t before = 1 + config_.num_register_tokens, patches = batch.length - before;
  const auto options = at::TensorOptions().dtype(at::kLong).device(cls_token_.device());
  const Tensor cls = first + at::arange(batch.count, options) * batch.length;
  if (!patch_indices.defined()) return cls;
  const Tensor picture = patch_indices.div(patches, "floor");
  return at::cat(
      {cls, first + picture * batch.length + before + (patch_indices - picture * patches)});
}

std::vector<SelectedTokens> VisionTransformerImpl::forward_selected(
    const std::vector<Tensor>& images,
    const std::vector<Tensor>& masks,
    const std::vector<Tensor>& patch_indices) {
  TORCH_CHECK(images.size() == patch_indices.size(),
              "forward_selected: one list of patches (or none) per batch");
  std::vector<Packed> xs = prepare_packed(images, masks);
  Block& last = blocks_.back();
  // Stochastic depth scales and drops whole pictures, so there the last block stays whole too.
  const bool whole = is_training() && last->drop_path() > 0;
  for (int64_t i = 0; i + 1 < config_.depth; ++i) run(i, xs);
  whole ? run(config_.depth - 1, xs) : show(config_.depth - 1, xs);
  std::vector<SelectedTokens> out;
  for (const Packed& x : xs) {
    std::vector<Tensor> rows;
    int64_t first = 0;
    for (const Sequences& batch : x.batches) {
      rows.push_back(selected_rows(batch, first, patch_indices[out.size() + rows.size()]));
      first += batch.rows();
    }
    const Kept all{.batches = x.batches};
    const Tensor mixed = whole ? x.tokens : last->attend(x.tokens, all, nested);
    Tensor chosen = mixed.index_select(0, at::cat(rows));
    if (!whole) chosen = last->feed(chosen, {}, nested);
    if (before_block) chosen = before_block(config_.depth, chosen);
    Tensor rest = norm_(chosen);
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t classes = x.batches[i].count, wanted = rows[i].size(0);
      out.push_back({.cls = rest.slice(0, 0, classes), .patches = rest.slice(0, classes, wanted)});
      rest = rest.slice(0, wanted);
    }
  }
  return out;
}

}  // namespace troodon::model
