#include "engine/openvino/vit_graph.hpp"

#include <algorithm>
#include <limits>
#include <openvino/opsets/opset13.hpp>

#include "engine/openvino/int8_op.hpp"
#include "image/colour.hpp"

namespace troodon::engine {
namespace {

namespace op = ov::opset13;
using Node = ov::Output<ov::Node>;
using ov::Shape;

Node ints(const std::vector<int64_t>& values) {
  return op::Constant::create(ov::element::i64, Shape{values.size()}, values);
}

Node number(int64_t value) {
  return op::Constant::create(ov::element::i64, Shape{}, {value});
}

/// Takes the values over: no second copy of a large matrix.
Node floats(const Shape& shape, std::vector<float> values) {
  const auto held = std::make_shared<std::vector<float>>(std::move(values));
  return std::make_shared<op::Constant>(ov::element::f32, shape, held->data(), held);
}

/// A copy of rows first to end of a matrix, or such elements of a vector.
std::vector<float> part(const TensorView& view, int64_t first, int64_t end) {
  const int64_t row = view.elements() / view.shape[0];
  const float* data = view.as<float>().data();
  return {data + first * row, data + end * row};
}

std::vector<float> part(const TensorView* view, int64_t first, int64_t end) {
  return view == nullptr ? std::vector<float>() : part(*view, first, end);
}

std::vector<float> copied(const TensorView& view) {
  return part(view, 0, view.shape[0]);
}

Node reshape(const Node& x, const std::vector<int64_t>& shape) {
  return std::make_shared<op::Reshape>(x, ints(shape), /*special_zero=*/true);
}

Node transpose(const Node& x, const std::vector<int64_t>& order) {
  return std::make_shared<op::Transpose>(x, ints(order));
}

Node add(const Node& a, const Node& b) {
  return std::make_shared<op::Add>(a, b);
}

/// Tokens first to end. [1,T,D] -> [1,end-first,D]
Node tokens(const Node& x, int64_t first, int64_t end) {
  return std::make_shared<op::Slice>(x, ints({first}), ints({end}), ints({1}), ints({1}));
}

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

/// Builds the graph block by block; what it makes of a block's tokens is a method of its own.
class Builder {
 public:
  Builder(const Network& network, const EngineOptions& options)
      : network_(network), options_(options) {}

  std::shared_ptr<ov::Model> build(const GraphSize& size) {
    Node x = embed(size);
    ov::OutputVector kept;  // of the chosen blocks
    const std::vector<int64_t> chosen = chosen_blocks(options_, network_.depth);
    for (int64_t i = 0; i < network_.depth; ++i) {
      const bool last = i + 1 == network_.depth;
      x = block(x, i, /*class_only=*/last && ends_with_class(options_, network_.depth));
      if (std::ranges::binary_search(chosen, i)) kept.push_back(kept_of(x));
    }
    return std::make_shared<ov::Model>(ov::OutputVector{select(x, kept)}, inputs_, "vit");
  }

 private:
  /// Patches of pixels as they come, with the normalisation inside the weights: w (x/255 - m) / s.
  Node patches(const Node& pixels) const {
    const TensorView& stored = network_.at("patch_embed.proj.weight");  // [D,3,p,p]
    std::vector<float> weight = copied(stored);
    std::vector<float> bias = copied(network_.at("patch_embed.proj.bias"));
    const auto area = static_cast<size_t>(network_.patch * network_.patch);
    for (size_t i = 0; i < weight.size(); ++i) {
      const size_t channel = i / area % 3;
      weight[i] /= image::kImageNetStd[channel];
      bias[i / (3 * area)] -= weight[i] * image::kImageNetMean[channel];
      weight[i] /= 255;
    }
    const Shape shape(stored.shape.begin(), stored.shape.end());
    const auto planes =
        transpose(std::make_shared<op::Convert>(pixels, ov::element::f32), {0, 3, 1, 2});
    const auto side = static_cast<size_t>(network_.patch);
    const Node grid = std::make_shared<op::Convolution>(planes,
                                                        floats(shape, std::move(weight)),
                                                        ov::Strides{side, side},
                                                        ov::CoordinateDiff{0, 0},
                                                        ov::CoordinateDiff{0, 0},
                                                        ov::Strides{1, 1});
    const Node rows = transpose(reshape(grid, {0, 0, -1}), {0, 2, 1});
    const size_t dim = shape[0];
    return add(rows, floats({1, 1, dim}, std::move(bias)));
  }

  /// Class token, registers, patches, each with its position. [1,T,D]
  Node embed(const GraphSize& size) {
    const bool open = size.height == 0;
    const ov::PartialShape shape{1, open ? -1 : size.height, open ? -1 : size.width, 3};
    const auto pixels = std::make_shared<op::Parameter>(ov::element::u8, shape);
    pixels->set_friendly_name("pixels");
    inputs_ = {pixels};
    const auto dim = static_cast<size_t>(network_.dim);
    const auto before = static_cast<size_t>(1 + network_.registers);
    const Node nothing = floats({1, before, dim}, std::vector<float>(before * dim));
    const Node x =
        std::make_shared<op::Concat>(ov::OutputVector{nothing, patches(pixels)}, /*axis=*/1);
    if (open) {
      const auto positions =
          std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1, -1, network_.dim});
      positions->set_friendly_name("positions");
      inputs_.push_back(positions);
      return add(x, positions);
    }
    const std::vector<float> positions =
        token_positions(network_, size.height / network_.patch, size.width / network_.patch);
    return add(x, floats({1, positions.size() / dim, dim}, positions));
  }

  /// Rows first to end of a matrix, or such elements of a vector, where they lie.
  Node seen(const Weight& view, int64_t first, int64_t end) const {
    Shape shape(view.shape.begin(), view.shape.end());
    const auto row = static_cast<size_t>(view.elements() / view.shape[0]);
    shape[0] = static_cast<size_t>(end - first);
    const float* data = view.as<float>().data() + static_cast<size_t>(first) * row;
    return std::make_shared<op::Constant>(ov::element::f32, shape, data, view.owner);
  }

  Node norm(const Node& x, const std::string& name) const {
    const Node even = std::make_shared<op::MVN>(
        x, ints({2}), /*normalize_variance=*/true, 1e-6F, ov::op::MVNEpsMode::INSIDE_SQRT);
    const Node scaled =
        std::make_shared<op::Multiply>(even, seen(network_.at(name + ".weight"), 0, network_.dim));
    return add(scaled, seen(network_.at(name + ".bias"), 0, network_.dim));
  }

  /// Rows first to end of a linear layer's outputs.
  Node linear(const Node& x, const std::string& name, int64_t first, int64_t end) const {
    const Weight& weight = network_.at(name + ".weight");
    const Weight* bias = network_.find(name + ".bias");
    if (options_.precision == Precision::int8) {
      return int8(
          x, part(weight, first, end), part(bias, first, end), name + ":" + std::to_string(first));
    }
    const Node product =
        std::make_shared<op::MatMul>(x, seen(weight, first, end), false, /*transpose_b=*/true);
    return bias == nullptr ? product : add(product, seen(*bias, first, end));
  }

  /// A linear layer with the LayerScale behind it: one matrix.
  Node linear_scaled(const Node& x, const std::string& name, const std::string& scale) const {
    const TensorView& stored = network_.at(name + ".weight");
    const TensorView* stored_bias = network_.find(name + ".bias");
    const TensorView* gamma = network_.find(scale + ".gamma");
    const int64_t outputs = stored.shape[0], inputs = stored.shape[1];
    if (gamma == nullptr) return linear(x, name, 0, outputs);
    const auto factors = gamma->as<float>();
    std::vector<float> weight = part(stored, 0, outputs), bias = part(stored_bias, 0, outputs);
    for (size_t i = 0; i < weight.size(); ++i)
      weight[i] *= factors[i / static_cast<size_t>(inputs)];
    for (size_t i = 0; i < bias.size(); ++i) bias[i] *= factors[i];
    if (options_.precision == Precision::int8) return int8(x, weight, bias, name);
    const auto rows = static_cast<size_t>(outputs), columns = static_cast<size_t>(inputs);
    const Node product = std::make_shared<op::MatMul>(
        x, floats({rows, columns}, std::move(weight)), false, /*transpose_b=*/true);
    return bias.empty() ? product : add(product, floats({rows}, std::move(bias)));
  }

  Node int8(const Node& x,
            const std::vector<float>& weight,
            const std::vector<float>& bias,
            const std::string& layer) const {
    const int64_t inputs = x.get_partial_shape()[2].get_length();
    return std::make_shared<Int8Linear>(
        x,
        std::make_shared<Int8Weights>(quantise(weight, bias, inputs)),
        layer,
        options_.single ? options_.threads : 1);
  }

  /// [1,T,D] -> [1,H,T,D/H]
  Node heads(const Node& x) const {
    return transpose(reshape(x, {0, 0, network_.heads, network_.dim / network_.heads}),
                     {0, 2, 1, 3});
  }

  Node attention(const Node& x, const std::string& name, bool class_only) const {
    const int64_t dim = network_.dim;
    Node query, key, value;
    if (class_only) {  // nobody looks at what the other tokens ask
      query = heads(linear(tokens(x, 0, 1), name + "qkv", 0, dim));
      key = heads(linear(x, name + "qkv", dim, 2 * dim));
      value = heads(linear(x, name + "qkv", 2 * dim, 3 * dim));
    } else {
      const Node all = reshape(linear(x, name + "qkv", 0, 3 * dim),
                               {0, 0, 3, network_.heads, dim / network_.heads});
      const auto parts = std::make_shared<op::Split>(transpose(all, {2, 0, 3, 1, 4}), number(0), 3);
      const auto third = [&](size_t i) -> Node {
        return std::make_shared<op::Squeeze>(parts->output(i), ints({0}));
      };
      query = third(0), key = third(1), value = third(2);
    }
    const Node mixed =
        std::make_shared<op::ScaledDotProductAttention>(query, key, value, /*causal=*/false);
    return reshape(transpose(mixed, {0, 2, 1, 3}), {0, 0, dim});
  }

  Node feed_forward(const Node& x, const std::string& name, const std::string& scale) const {
    if (network_.ffn == "mlp") {
      const int64_t hidden = network_.at(name + "fc1.weight").shape[0];
      const Node inner = std::make_shared<op::Gelu>(linear(x, name + "fc1", 0, hidden),
                                                    ov::op::GeluApproximationMode::ERF);
      return linear_scaled(inner, name + "fc2", scale);
    }
    if (network_.ffn == "identity") {
      const Weight* gamma = network_.find(scale + ".gamma");
      if (gamma == nullptr) return x;
      return std::make_shared<op::Multiply>(x, seen(*gamma, 0, network_.dim));
    }
    const int64_t hidden = network_.at(name + "w12.weight").shape[0] / 2;
    const Node gate = std::make_shared<op::Swish>(linear(x, name + "w12", 0, hidden));
    const Node inner =
        std::make_shared<op::Multiply>(gate, linear(x, name + "w12", hidden, 2 * hidden));
    return linear_scaled(inner, name + "w3", scale);
  }

  Node block(Node x, int64_t number, bool class_only) const {
    const std::string name = "blocks." + std::to_string(number) + ".";
    const Node mixed = attention(norm(x, name + "norm1"), name + "attn.", class_only);
    if (class_only) x = tokens(x, 0, 1);
    x = add(x, linear_scaled(mixed, name + "attn.proj", name + "ls1"));
    return add(x, feed_forward(norm(x, name + "norm2"), name + "mlp.", name + "ls2"));
  }

  /// What is kept of a chosen block's tokens; of Output::blocks with an axis for the block.
  Node kept_of(const Node& x) const {
    const bool blocks = options_.output == Output::blocks;
    if (!blocks && options_.output != Output::blocks_and_cls) return norm(tokens(x, 0, 1), "norm");
    const Node shown = options_.norm ? norm(x, "norm") : x;
    const ov::OutputVector both{tokens(shown, 0, 1), tokens(shown, 1 + network_.registers, kEnd)};
    const Node all = std::make_shared<op::Concat>(both, 1);
    if (!blocks) return all;
    return std::make_shared<op::Unsqueeze>(all, ints({1}));
  }

  Node select(const Node& x, ov::OutputVector kept) const {
    if (options_.output == Output::layers || options_.output == Output::blocks)
      return std::make_shared<op::Concat>(kept, 1);
    if (options_.output == Output::cls) return norm(x, "norm");
    if (options_.output == Output::blocks_and_cls) {
      kept.push_back(norm(tokens(x, 0, 1), "norm"));
      return std::make_shared<op::Concat>(kept, 1);
    }
    const Node normed = norm(x, "norm");
    const Node grid = tokens(normed, 1 + network_.registers, kEnd);
    if (options_.output == Output::patches) return grid;
    const Node mean = std::make_shared<op::ReduceMean>(grid, ints({1}), /*keep_dims=*/true);
    if (options_.output == Output::probe) {
      kept.push_back(mean);
      return std::make_shared<op::Concat>(kept, 1);
    }
    return std::make_shared<op::Concat>(ov::OutputVector{tokens(normed, 0, 1), mean}, 2);
  }

  const Network& network_;
  const EngineOptions& options_;
  ov::ParameterVector inputs_;
};

}  // namespace

std::vector<float> token_positions(const Network& network, int64_t rows, int64_t columns) {
  const TensorView* registers = network.find("register_tokens");
  return token_positions(network.at("cls_token").as<float>(),
                         registers == nullptr ? std::span<const float>() : registers->as<float>(),
                         network.positions(rows, columns));
}

std::shared_ptr<ov::Model> vit_graph(const Network& network,
                                     const EngineOptions& options,
                                     const GraphSize& size) {
  return Builder(network, options).build(size);
}

}  // namespace troodon::engine
