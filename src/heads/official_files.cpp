#include "heads/official_files.hpp"

#include <array>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "model/linear_head.hpp"

namespace troodon::heads {
namespace {

/// Tensors below decode_head., where mmcv keeps a head, or at the top. Of mmcv's file only
/// "state_dict" counts; a backbone in it is somebody else's.
Weights decoder_of(const model::StateDict& state) {
  Weights out;
  const bool wrapped = std::any_of(state.tensors.begin(), state.tensors.end(), [](const auto& t) {
    return t.first.starts_with("state_dict.");
  });
  for (const auto& [full, tensor] : state.tensors) {
    std::string name = full;
    if (wrapped) {
      if (!name.starts_with("state_dict.")) continue;
      name.erase(0, std::string("state_dict.").size());
    }
    if (name.starts_with("backbone.")) continue;
    if (name.starts_with("decode_head.")) name.erase(0, std::string("decode_head.").size());
    out[name] = tensor.is_floating_point() ? tensor.to(at::kFloat) : tensor;
  }
  return out;
}

int64_t size_of(const Weights& weights, const std::string& name, int64_t dim) {
  const auto found = weights.find(name);
  return found == weights.end() || found->second.dim() <= dim ? 0 : found->second.size(dim);
}

/// In how many blocks of width D `inputs` numbers consist, `each` * D a block: 1 or 4 for files
/// whose backbone isn't known.
std::pair<int64_t, int64_t> width_and_layers(int64_t inputs,
                                             int64_t each,
                                             int64_t embed_dim,
                                             const std::string& origin) {
  if (embed_dim > 0) {
    if (inputs == 0 || inputs % (each * embed_dim) != 0) {
      fail(Exit::input,
           "{}: the head sees {} channels, which is no whole number of blocks of this backbone "
           "(width {})",
           origin,
           inputs,
           embed_dim);
    }
    return {embed_dim, inputs / (each * embed_dim)};
  }
  std::vector<std::pair<int64_t, int64_t>> fitting;
  for (const int64_t width : std::array<int64_t, 4>{384, 768, 1024, 1536}) {
    for (const int64_t layers : std::array<int64_t, 2>{1, 4}) {
      if (inputs == each * width * layers) fitting.emplace_back(width, layers);
    }
  }
  if (fitting.size() != 1) {
    fail(Exit::input,
         "{}: {} channels don't tell which backbone the head is for; name the backbone",
         origin,
         inputs);
  }
  return fitting[0];
}

Head classifier(const model::LinearHead& head, int64_t embed_dim, const std::string& origin) {
  if (head.layers < 1) {
    fail(Exit::input,
         "{}: {} numbers a picture don't tell which backbone the classifier is for; name the "
         "backbone",
         origin,
         head.weight.size(1));
  }
  check_weights({{"weight", head.weight}, {"bias", head.bias}},
                {{"weight", head.weight.sizes().vec()}, {"bias", head.bias.sizes().vec()}},
                origin);
  const int64_t width = head.weight.size(1) / (head.layers + 1);
  return {.head =
              ClassHead{
                  .blocks = head.layers, .avgpool = true, .weight = head.weight, .bias = head.bias},
          .card = {.embed_dim = embed_dim > 0 ? embed_dim : width}};
}

Head segmenter(Weights weights, int64_t embed_dim, const std::string& origin) {
  const auto [width, layers] =
      width_and_layers(size_of(weights, "conv_seg.weight", 1), 1, embed_dim, origin);
  SegmentHead head{
      .embed_dim = width, .layers = layers, .classes = size_of(weights, "conv_seg.weight", 0)};
  // Written by versions of PyTorch that didn't count batches.
  weights.try_emplace("bn.num_batches_tracked", at::zeros({}, at::kLong));
  head.weights = std::move(weights);
  check_weights(head.weights, shapes_of(head), origin);
  return {.head = std::move(head), .card = {.embed_dim = width}};
}

Head depther(Weights weights, int64_t embed_dim, const std::string& origin) {
  const auto [width, layers] =
      width_and_layers(size_of(weights, "conv_depth.weight", 1), 2, embed_dim, origin);
  DepthHead head{.kind = DepthKind::linear,
                 .embed_dim = width,
                 .layers = layers,
                 .range = kHubLinearRange,
                 .bins = size_of(weights, "conv_depth.weight", 0)};
  head.weights = std::move(weights);
  check_weights(head.weights, shapes_of(head), origin);
  return {.head = std::move(head), .card = {.embed_dim = width, .norm = false}};
}

Head dense_transformer(Weights weights, int64_t embed_dim, const std::string& origin) {
  const std::string project = "reassemble_blocks.projects.";
  DepthHead head{.kind = DepthKind::dpt,
                 .embed_dim = size_of(weights, project + "0.conv.weight", 1),
                 .layers = 4,
                 .range = kNyuRange,
                 .channels = size_of(weights, "project.conv.weight", 0)};
  if (embed_dim > 0 && head.embed_dim != embed_dim) {
    fail(Exit::input,
         "{}: the head is for a backbone of width {}, this one has {}",
         origin,
         head.embed_dim,
         embed_dim);
  }
  for (const char* level : {"0", "1", "2", "3"})
    head.post_channels.push_back(size_of(weights, project + level + ".conv.weight", 0));
  head.weights = std::move(weights);
  check_weights(head.weights, shapes_of(head), origin);
  const int64_t width = head.embed_dim;
  return {.head = std::move(head), .card = {.embed_dim = width, .norm = false}};
}

}  // namespace

std::optional<Head> official_head(const model::StateDict& state,
                                  int64_t embed_dim,
                                  const std::string& origin) {
  Weights weights = decoder_of(state);
  if (weights.contains("conv_seg.weight")) return segmenter(std::move(weights), embed_dim, origin);
  if (weights.contains("reassemble_blocks.projects.0.conv.weight"))
    return dense_transformer(std::move(weights), embed_dim, origin);
  if (weights.contains("conv_depth.weight")) return depther(std::move(weights), embed_dim, origin);
  try {
    if (const auto head = model::linear_head_of(state, embed_dim))
      return classifier(*head, embed_dim, origin);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.starts_with(origin)) throw;
    fail(error.code(), "{}: {}", origin, text);
  }
  return std::nullopt;
}

}  // namespace troodon::heads
