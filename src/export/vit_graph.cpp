#include "export/vit_graph.hpp"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "export/graph.hpp"
#include "export/position_graph.hpp"
#include "image/colour.hpp"
#include "model/arch.hpp"

namespace troodon::onnx {
namespace {

/// A graph, and whose it is.
struct Vit {
  const model::VitConfig& config;
  const model::StateDict weights;
  const GraphOptions& options;
  Graph graph;

  Element product_type() const { return options.half ? Element::float16 : Element::float32; }
  /// float32 -> the type of products.
  std::string to_products(const std::string& x) {
    return options.half ? graph.cast(x, Element::float16) : x;
  }
  std::string from_products(const std::string& x) {
    return options.half ? graph.cast(x, Element::float32) : x;
  }
  const Tensor* find(const std::string& name) const { return weights.find(name); }
  std::string store(const std::string& name, Element type = Element::float32) {
    return graph.store(name, *find(name), type);
  }
};

std::string add_linear(Vit& vit, const std::string& x, const std::string& name) {
  const std::string weight = name + ".weight", bias = name + ".bias";
  // [out,in] is stored as [in,out]: MatMul has no transposed form.
  const std::string stored =
      vit.graph.store(weight + ".T", vit.find(weight)->t(), vit.product_type());
  const std::string product = vit.graph.add("MatMul", {x, stored});
  if (vit.find(bias) == nullptr) return product;
  return vit.graph.add("Add", {product, vit.store(bias, vit.product_type())});
}

std::string add_norm(Vit& vit, const std::string& x, const std::string& name) {
  return vit.graph.add("LayerNormalization",
                       {x, vit.store(name + ".weight"), vit.store(name + ".bias")},
                       {{"axis", int64_t{-1}}, {"epsilon", 1e-6F}});
}

/// [B,T,D] float32 -> the same in the type of products.
std::string add_attention(Vit& vit, const std::string& x, const std::string& name) {
  Graph& g = vit.graph;
  const int64_t dim = vit.config.embed_dim, heads = vit.config.num_heads, width = dim / heads;
  const std::string qkv = add_linear(vit, vit.to_products(x), name + ".qkv");
  const auto parts =
      g.add_many("Split", {qkv, g.wholes({dim, dim, dim})}, 3, {{"axis", int64_t{-1}}});
  const auto by_head = [&](const std::string& part, const std::vector<int64_t>& order) {
    const std::string split = g.add("Reshape", {part, g.wholes({0, 0, heads, width})});
    return g.add("Transpose", {split}, {{"perm", order}});
  };
  const std::string query = by_head(parts[0], {0, 2, 1, 3}), key = by_head(parts[1], {0, 2, 3, 1});
  const std::string value = by_head(parts[2], {0, 2, 1, 3});
  // Before the product, as float16 holds the smaller numbers.
  const std::string scale = g.real(1 / std::sqrt(static_cast<double>(width)), vit.product_type());
  const std::string scores = g.add("MatMul", {g.add("Mul", {query, scale}), key});
  const std::string shares = g.add("Softmax", {vit.from_products(scores)}, {{"axis", int64_t{-1}}});
  const std::string mixed = g.add("MatMul", {vit.to_products(shares), value});
  const std::string joined =
      g.add("Reshape",
            {g.add("Transpose", {mixed}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}}),
             g.wholes({0, 0, dim})});
  return add_linear(vit, joined, name + ".proj");
}

std::string add_gelu(Vit& vit, const std::string& x) {
  Graph& g = vit.graph;
  if (vit.options.opset >= 20) return g.add("Gelu", {x});
  const Element type = vit.product_type();
  const std::string error = g.add("Erf", {g.add("Div", {x, g.real(std::sqrt(2.0), type)})});
  const std::string twice = g.add("Mul", {x, g.add("Add", {error, g.real(1, type)})});
  return g.add("Mul", {twice, g.real(0.5, type)});
}

/// [B,T,D] float32 -> the same in the type of products.
std::string add_feed_forward(Vit& vit, const std::string& x, const std::string& name) {
  Graph& g = vit.graph;
  const std::string in = vit.to_products(x);
  if (vit.config.ffn_layer == "identity") return in;
  if (vit.config.ffn_layer == "mlp") {
    return add_linear(vit, add_gelu(vit, add_linear(vit, in, name + ".fc1")), name + ".fc2");
  }
  const int64_t hidden = model::swiglu_hidden(vit.config.embed_dim, vit.config.mlp_ratio);
  const auto halves = g.add_many("Split",
                                 {add_linear(vit, in, name + ".w12"), g.wholes({hidden, hidden})},
                                 2,
                                 {{"axis", int64_t{-1}}});
  const std::string gate = g.add("Mul", {halves[0], g.add("Sigmoid", {halves[0]})});
  return add_linear(vit, g.add("Mul", {gate, halves[1]}), name + ".w3");
}

/// x + scale * branch; the sum of all branches stays float32.
std::string add_residual(Vit& vit,
                         const std::string& x,
                         const std::string& branch,
                         const std::string& scale) {
  std::string addend = vit.from_products(branch);
  if (vit.find(scale) != nullptr) addend = vit.graph.add("Mul", {addend, vit.store(scale)});
  return vit.graph.add("Add", {x, addend});
}

std::string slice_tokens(Graph& g, const std::string& x, int64_t from, int64_t to) {
  return g.add("Slice", {x, g.wholes({from}), g.wholes({to}), g.wholes({1})});
}

std::string add_blocks(Vit& vit, std::string x) {
  for (int64_t i = 0; i < vit.config.depth; ++i) {
    const std::string block = fmt::format("blocks.{}", i);
    vit.graph.scope = block + ".attn";
    const std::string seen =
        add_attention(vit, add_norm(vit, x, block + ".norm1"), block + ".attn");
    x = add_residual(vit, x, seen, block + ".ls1.gamma");
    vit.graph.scope = block + ".mlp";
    const bool last = i + 1 == vit.config.depth;
    if (last && vit.options.tokens == Tokens::cls) x = slice_tokens(vit.graph, x, 0, 1);
    const std::string fed =
        add_feed_forward(vit, add_norm(vit, x, block + ".norm2"), block + ".mlp");
    x = add_residual(vit, x, fed, block + ".ls2.gamma");
  }
  return x;
}

/// Pixels or pixel values, and the picture's sides in patches.
struct Picture {
  std::string planes;  ///< float32 [B,C,H,W], normalised
  std::string batch, rows, columns;
};

/// A value per channel, along the last axis.
Tensor per_channel(const std::array<float, 3>& values) {
  return torch::tensor({values[0], values[1], values[2]});
}

std::string add_normalisation(Graph& g, const std::string& pixels) {
  const std::string unit = g.add("Div", {g.cast(pixels, Element::float32), g.real(255)});
  const std::string mean = g.store("mean", per_channel(image::kImageNetMean));
  const std::string std = g.store("std", per_channel(image::kImageNetStd));
  const std::string normal = g.add("Div", {g.add("Sub", {unit, mean}), std});
  return g.add("Transpose", {normal}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
}

Picture add_input(Vit& vit) {
  Graph& g = vit.graph;
  g.scope = "picture";
  const bool bytes = vit.options.preprocessing;
  const int64_t patch = vit.config.patch_size, channels = vit.config.in_chans;
  const std::string input = bytes ? "pixels" : "pixel_values";
  const std::string sides = fmt::format("height and width are multiples of {}", patch);
  if (bytes) {
    g.model.inputs.push_back(
        {input, Element::uint8, {"batch", "height", "width", channels}, "RGB, 0 to 255; " + sides});
  } else {
    g.model.inputs.push_back({input,
                              Element::float32,
                              {"batch", channels, "height", "width"},
                              "normalised pictures; " + sides});
  }
  const int64_t height_axis = bytes ? 1 : 2;
  const auto in_patches = [&](int64_t axis) {
    const std::string whole = g.add("Div", {g.size_of(input, axis), g.whole(patch)});
    return g.add("Max", {whole, g.whole(1)});
  };
  Picture out{.planes = "",
              .batch = g.size_of(input, 0),
              .rows = in_patches(height_axis),
              .columns = in_patches(height_axis + 1)};
  const std::string height = g.add("Mul", {out.rows, g.whole(patch)});
  const std::string width = g.add("Mul", {out.columns, g.whole(patch)});
  const std::string count = g.whole(channels);
  const std::string shape = bytes ? g.shape_from({out.batch, height, width, count})
                                  : g.shape_from({out.batch, count, height, width});
  // Changes nothing, and fails on any other size: a convolution would silently drop the rest.
  const std::string checked = g.add("Reshape", {input, shape});
  g.name_last(size_rule(patch));
  out.planes = bytes ? add_normalisation(g, checked) : checked;
  return out;
}

/// What the first block sees, [B,1+R+N,D] float32.
std::string add_tokens(Vit& vit, const Picture& picture) {
  Graph& g = vit.graph;
  const int64_t patch = vit.config.patch_size, dim = vit.config.embed_dim;
  const Tensor& stored = *vit.find("pos_embed");
  const std::string positions =
      add_positions(g, vit.config, stored.slice(1, 1), picture.rows, picture.columns);
  g.scope = "tokens";
  const Element type = vit.product_type();
  const std::string map = g.add("Conv",
                                {vit.to_products(picture.planes),
                                 vit.store("patch_embed.proj.weight", type),
                                 vit.store("patch_embed.proj.bias", type)},
                                {{"kernel_shape", std::vector<int64_t>{patch, patch}},
                                 {"strides", std::vector<int64_t>{patch, patch}}});
  const std::string flat = g.add("Reshape", {vit.from_products(map), g.wholes({0, dim, -1})});
  const std::string patches = g.add("Transpose", {flat}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  Tensor before = *vit.find("cls_token") + stored.slice(1, 0, 1);
  if (const Tensor* registers = vit.find("register_tokens"))
    before = torch::cat({before, *registers}, 1);
  const std::string first =
      g.add("Expand",
            {g.store("cls_and_register_tokens", before),
             g.shape_from({picture.batch, g.whole(before.size(1)), g.whole(dim)})});
  return g.add("Concat", {first, g.add("Add", {patches, positions})}, {{"axis", int64_t{1}}});
}

void add_outputs(Vit& vit, const std::string& tokens) {
  Graph& g = vit.graph;
  g.scope = "outputs";
  const int64_t dim = vit.config.embed_dim, registers = vit.config.num_register_tokens;
  const std::string normed = add_norm(vit, tokens, "norm");
  const auto has = [&](Tokens kind) {
    return vit.options.tokens == kind || vit.options.tokens == Tokens::all;
  };
  if (has(Tokens::cls)) {
    g.add("Squeeze", {slice_tokens(g, normed, 0, 1), g.wholes({1})});
    g.output({"cls_token", Element::float32, {"batch", dim}, "class token after the last norm"});
  }
  if (has(Tokens::patches)) {
    slice_tokens(g, normed, 1 + registers, INT64_MAX);
    g.output({"patch_tokens",
              Element::float32,
              {"batch", "patches", dim},
              "patch tokens after the last norm, row by row"});
  }
  if (has(Tokens::all) && registers > 0) {
    slice_tokens(g, normed, 1, 1 + registers);
    g.output({"register_tokens",
              Element::float32,
              {"batch", registers, dim},
              "register tokens after the last norm"});
  }
}

void add_metadata(OnnxModel& out, const model::Backbone& backbone, const GraphOptions& options) {
  const auto& config = backbone.config;
  out.description = fmt::format("{}; {}", backbone.description, size_rule(config.patch_size));
  out.metadata = {{model::kVitMetadata, model::to_json(config)},
                  {"troodon.patch_size", std::to_string(config.patch_size)},
                  {"troodon.precision", options.half ? "float16" : "float32"},
                  {"troodon.preprocessing", options.preprocessing ? "inside" : "none"},
                  {"troodon.mean", fmt::format("{}", fmt::join(image::kImageNetMean, ","))},
                  {"troodon.std", fmt::format("{}", fmt::join(image::kImageNetStd, ","))}};
  if (backbone.image_size > 0) {
    out.metadata.emplace_back(model::kImageSizeMetadata, std::to_string(backbone.image_size));
  }
}

}  // namespace

std::string size_rule(int64_t patch_size) {
  return fmt::format("height_and_width_must_be_multiples_of_{}", patch_size);
}

OnnxModel vit_model(model::Backbone& backbone, const GraphOptions& options) {
  const auto& config = backbone.config;
  if (options.opset != 17 && options.opset != 20) {
    fail(Exit::usage, "opset {} is not supported; take 17 or 20", options.opset);
  }
  if (options.preprocessing && config.in_chans != 3) {
    fail(Exit::usage,
         "the network sees {} channels and RGB pixels have 3; export with --no-preprocessing",
         config.in_chans);
  }
  const torch::NoGradGuard frozen;
  Vit vit{.config = config,
          .weights = model::state_of(*backbone.network),
          .options = options,
          .graph = {}};
  vit.graph.model.opset = options.opset;
  const Picture picture = add_input(vit);
  add_outputs(vit, add_blocks(vit, add_tokens(vit, picture)));
  add_metadata(vit.graph.model, backbone, options);
  return std::move(vit.graph.model);
}

}  // namespace troodon::onnx
