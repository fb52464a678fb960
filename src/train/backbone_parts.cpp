#include "train/backbone_parts.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/parts.hpp"

namespace troodon::train {
namespace {

using model::SelectedTokens;
using model::VisionTransformer;
using Tokens = BackboneParts::Tokens;

size_t part_count(const VisionTransformer& backbone, const BackboneInput& in) {
  const Tensor& crops = in.crops.front();
  const bool drops = backbone->is_training() && backbone->config().drop_path_rate > 0;
  if (!crops.is_cpu() || drops || backbone->before_block) return 1;
  return std::min(kernels::part_threads(), static_cast<size_t>(crops.size(0)));
}

/// Those of the ascending indices that lie in [first, end), counted from first.
Tensor within(const Tensor& indices, int64_t first, int64_t end) {
  const Tensor edges = at::searchsorted(indices, at::tensor({first, end}, at::kLong));
  return indices.slice(0, edges[0].item<int64_t>(), edges[1].item<int64_t>()) - first;
}

/// The crops of one part, with their masks and wanted patches.
BackboneInput share(const BackboneInput& in, int64_t part, int64_t parts, int64_t patch_size) {
  BackboneInput out;
  for (size_t i = 0; i < in.crops.size(); ++i) {
    const Tensor& crops = in.crops[i];
    const int64_t first = crops.size(0) * part / parts, end = crops.size(0) * (part + 1) / parts;
    const int64_t patches = (crops.size(2) / patch_size) * (crops.size(3) / patch_size);
    const auto& [mask, wanted] = std::pair(in.masks[i], in.patch_indices[i]);
    out.crops.push_back(crops.slice(0, first, end));
    out.masks.push_back(mask.defined() ? mask.slice(0, first, end) : mask);
    out.patch_indices.push_back(wanted.defined() ? within(wanted, first * patches, end * patches)
                                                 : wanted);
  }
  return out;
}

std::vector<Tokens> forward_each(const std::vector<VisionTransformer>& networks,
                                 const BackboneInput& in) {
  std::vector<Tokens> out(networks.size());
  kernels::each_part(networks.size(), [&](size_t part) {
    VisionTransformer network = networks[part];
    const BackboneInput mine = share(in,
                                     static_cast<int64_t>(part),
                                     static_cast<int64_t>(networks.size()),
                                     network->config().patch_size);
    out[part] = network->forward_selected(mine.crops, mine.masks, mine.patch_indices);
  });
  return out;
}

/// Of every part the same member, one below the other.
Tensor join(const std::vector<Tokens>& parts, size_t size, Tensor SelectedTokens::*member) {
  std::vector<Tensor> rows;
  for (const Tokens& part : parts) rows.push_back(part[size].*member);
  return at::cat(rows);
}

Tokens join(const std::vector<Tokens>& parts) {
  Tokens out;
  for (size_t size = 0; size < parts.front().size(); ++size) {
    out.push_back({.cls = join(parts, size, &SelectedTokens::cls),
                   .patches = join(parts, size, &SelectedTokens::patches)});
  }
  return out;
}

Tensor leaf(const Tensor& tensor) {
  return tensor.detach().requires_grad_();
}

}  // namespace

void BackboneParts::share_weights(VisionTransformer& backbone, size_t parts) {
  if (networks_.size() != parts || networks_.front().ptr() != backbone.ptr()) {
    networks_ = {backbone};
    while (networks_.size() < parts) {
      networks_.emplace_back(backbone->config(), model::Init::none);
      networks_.back()->train(backbone->is_training());
    }
  }
  // Each time anew: loading a checkpoint or moving the network gives it other memory.
  for (size_t part = 1; part < parts; ++part) {
    networks_[part]->nested = backbone->nested;
    auto own = networks_[part]->parameters();
    const auto shared = backbone->parameters();
    for (size_t i = 0; i < own.size(); ++i) own[i].set_data(shared[i].detach());
  }
}

Tokens BackboneParts::forward(VisionTransformer& backbone, const BackboneInput& in) {
  const size_t parts = part_count(backbone, in);
  outputs_.clear();
  if (parts == 1) return backbone->forward_selected(in.crops, in.masks, in.patch_indices);
  share_weights(backbone, parts);
  outputs_ = forward_each(networks_, in);
  joined_ = join(outputs_);
  for (SelectedTokens& tokens : joined_) {
    tokens = {.cls = leaf(tokens.cls), .patches = leaf(tokens.patches)};
  }
  return joined_;
}

void BackboneParts::backward() {
  if (outputs_.empty()) return;  // one part: the loss has reached the parameters by itself
  std::vector<std::vector<Tensor>> roots(outputs_.size()), gradients(outputs_.size());
  for (size_t size = 0; size < joined_.size(); ++size) {
    for (const auto member : {&SelectedTokens::cls, &SelectedTokens::patches}) {
      const Tensor gradient = (joined_[size].*member).grad();
      int64_t row = 0;
      for (size_t part = 0; gradient.defined() && part < outputs_.size(); ++part) {
        const Tensor& root = outputs_[part][size].*member;
        roots[part].push_back(root);
        gradients[part].push_back(gradient.slice(0, row, row + root.size(0)));
        row += root.size(0);
      }
    }
  }
  kernels::each_part(outputs_.size(), [&](size_t part) {
    if (!roots[part].empty()) torch::autograd::backward(roots[part], gradients[part]);
  });
  outputs_.clear();
  joined_.clear();
  auto sums = networks_.front()->parameters();
  for (size_t part = 1; part < networks_.size(); ++part) {
    auto own = networks_[part]->parameters();
    for (size_t i = 0; i < own.size(); ++i) {
      Tensor& gradient = own[i].mutable_grad();
      if (!gradient.defined()) continue;
      if (sums[i].grad().defined()) {
        sums[i].mutable_grad().add_(gradient);
      } else {
        sums[i].mutable_grad() = gradient;
      }
      gradient.reset();
    }
  }
}

Tokens forward_in_parts(VisionTransformer& backbone, const BackboneInput& in) {
  const torch::NoGradGuard frozen;
  return join(forward_each(std::vector(part_count(backbone, in), backbone), in));
}

}  // namespace troodon::train
