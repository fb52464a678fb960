#include <algorithm>
#include <regex>

#include "golden.hpp"
#include "model/arch.hpp"
#include "model/vit.hpp"

// backbone/: the official network's outputs, gradients, intermediate layers and drop path.
namespace golden::backbone_case {
namespace {

using namespace troodon::model;

constexpr double kForward = 1e-5;

/// A key of a chunked network ("blocks.1.6.norm1...") without the chunk number.
std::string flat_key(const std::string& key) {
  return std::regex_replace(key, std::regex(R"(^blocks\.\d+\.(\d+\.))"), "blocks.$1");
}

/// The case's constructor arguments; the stored patches say what they leave out.
VitConfig backbone_config(const Case& c) {
  VitConfig base;
  if (c.has("sd.patch_embed.proj.weight")) {
    const Tensor patches = c.tensor("sd.patch_embed.proj.weight");
    base.embed_dim = patches.size(0), base.in_chans = patches.size(1),
    base.patch_size = patches.size(2);
  }
  return config_from_json(c.config().dump(), base);
}

/// Copies named tensors into the network; every parameter must be given once.
void fill(VisionTransformer& vit,
          const std::vector<std::pair<std::string, Tensor>>& state,
          Verdict& verdict) {
  const torch::NoGradGuard frozen;
  auto parameters = vit->named_parameters();
  verdict.expect("number of parameters",
                 parameters.size() == state.size(),
                 std::to_string(parameters.size()) + " vs " + std::to_string(state.size()));
  for (const auto& [key, value] : state) parameters[flat_key(key)].copy_(value);
}

/// The gradient of the keys' bias is zero but for rounding: a softmax ignores a common shift.
Tensor without_key_bias(const std::string& name, const Tensor& gradient) {
  if (!name.ends_with("attn.qkv.bias")) return gradient;
  const auto parts = gradient.chunk(3);
  return torch::cat({parts[0], parts[2]});
}

struct BackboneCase {
  const Case& c;
  Verdict& verdict;
  VisionTransformer vit;

  void compare(const std::string& prefix, const VitFeatures& out) {
    const auto one = [&](const char* name, const Tensor& value) {
      if (c.has(prefix + name))
        verdict.close(prefix + name, value, c.tensor(prefix + name), kForward);
    };
    one("cls", out.x_norm_clstoken), one("patch", out.x_norm_patchtokens);
    one("reg", out.x_norm_regtokens), one("prenorm", out.x_prenorm);
  }
  void sizes();
  void gradients();
  void layers();
  void nested();
  void drop_path(const std::string& name);
};

void BackboneCase::sizes() {
  for (const auto& [key, x] : c.tensors("")) {
    if (!std::regex_match(key, std::regex(R"(\d+x\d+\.x)"))) continue;
    const std::string prefix = key.substr(0, key.size() - 1);
    compare(prefix, vit->forward_features(x));
    if (c.has(prefix + "pos")) {
      const Tensor pos = vit->interpolate_pos_encoding(x.size(2), x.size(3));
      verdict.close(prefix + "pos", pos, c.tensor(prefix + "pos"), kForward);
    }
    if (c.has(prefix + "fwd")) {
      verdict.close(prefix + "fwd", vit->forward(x), c.tensor(prefix + "fwd"), kForward);
    }
    if (c.has(prefix + "cls64")) {
      vit->to(torch::kDouble);
      const Tensor out = vit->forward(x.to(torch::kDouble));
      vit->to(torch::kFloat);
      verdict.close(prefix + "cls64", out, c.tensor(prefix + "cls64"), 1e-6);
    }
  }
}

void BackboneCase::gradients() {
  if (!c.has("mask.x")) return;
  const Tensor x = c.tensor("mask.x").requires_grad_(c.has("grad.x"));
  const VitFeatures out = vit->forward_features(x, c.tensor("mask.masks"));
  compare("mask.", out);
  if (!c.has("grad.x")) return;
  const Tensor cls_terms = out.x_norm_clstoken * c.tensor("grad.wc");
  const Tensor loss = cls_terms.sum() + (out.x_norm_patchtokens * c.tensor("grad.wp")).mean();
  loss.backward();
  // Terms of both signs cancel in the loss, so its error goes with their size, not with its own.
  const double terms = cls_terms.detach().norm().item<double>();
  verdict.near("grad.loss", loss, c.tensor("grad.loss"), kForward * terms);
  verdict.close("grad.x", x.grad(), c.tensor("grad.x"), kForward);
  auto parameters = vit->named_parameters();
  for (const auto& [name, expected] : c.tensors("grad.p.")) {
    const Tensor actual = parameters[flat_key(name)].grad();
    verdict.close("grad.p." + name,
                  without_key_bias(name, actual),
                  without_key_bias(name, expected),
                  kForward);
  }
}

void BackboneCase::layers() {
  for (const auto& [key, args] : c.values().items()) {
    if (!key.starts_with("gil.") || !key.ends_with(".args")) continue;
    const std::string prefix = key.substr(0, key.size() - 4);
    IntermediateOptions options{.reshape = args.value("reshape", false),
                                .norm = args.value("norm", true)};
    if (args.at("n").is_array()) {
      options.blocks = args.at("n").get<std::vector<int64_t>>();
    } else {
      const auto depth = vit->config().depth;
      for (int64_t i = depth - args.at("n").get<int64_t>(); i < depth; ++i)
        options.blocks.push_back(i);
    }
    const auto out = vit->get_intermediate_layers(c.tensor("gil.x"), options);
    for (size_t i = 0; i < out.size(); ++i) {
      const std::string at = prefix + std::to_string(i);
      verdict.close(at + ".patch", out[i].patches, c.tensor(at + ".patch"), kForward);
      if (c.has(at + ".cls"))
        verdict.close(at + ".cls", out[i].cls_token, c.tensor(at + ".cls"), kForward);
    }
  }
}

void BackboneCase::nested() {
  if (!c.has("nested.xg")) return;
  const auto out = vit->forward_features({c.tensor("nested.xg"), c.tensor("nested.xl")},
                                         {c.tensor("nested.mask"), Tensor()});
  compare("nested.g.", out[0]);
  compare("nested.l.", out[1]);
}

/// name is "dp0.3": a uniform rate, with the permutations that the reference drew.
void BackboneCase::drop_path(const std::string& name) {
  VitConfig config = vit->config();
  config.drop_path_rate = std::stod(name.substr(2));
  config.drop_path_uniform = true;
  VisionTransformer training(config);
  fill(training, c.tensors("sd."), verdict);
  auto drawn = c.tensors(name + ".perm.");
  std::sort(drawn.begin(), drawn.end(), [](auto& a, auto& b) {
    return std::stoi(a.first) < std::stoi(b.first);
  });
  size_t next = 0;
  training->permutation = [&](int64_t n) {
    const Tensor order = drawn.at(next++).second;
    TORCH_CHECK(order.numel() == n, "permutation ", next - 1, " is for another batch");
    return order;
  };
  const auto out = training->forward_features({c.tensor("nested.xg"), c.tensor("nested.xl")},
                                              {c.tensor("nested.mask"), Tensor()});
  compare(name + ".nested.g.", out[0]);
  compare(name + ".nested.l.", out[1]);
  verdict.expect(name + " draws", next == c.values().at(name + ".n_randperm_nested"));
  if (c.has(name + ".single.cls")) {
    compare(name + ".single.",
            training->forward_features(c.tensor("nested.xg"), c.tensor("nested.mask")));
  }
  verdict.expect(name + ": all draws used", next == drawn.size());
}

void check_backbone(const Case& c, Verdict& verdict) {
  BackboneCase run{c, verdict, VisionTransformer(backbone_config(c))};
  fill(run.vit, c.tensors("sd."), verdict);
  run.vit->eval();
  {
    const torch::NoGradGuard frozen;
    run.sizes(), run.layers(), run.nested();
    std::set<std::string> rates;
    for (const auto& [key, order] : c.tensors("dp"))
      rates.insert("dp" + key.substr(0, key.find(".perm")));
    for (const std::string& rate : rates) {
      if (c.has(rate + ".perm.00")) run.drop_path(rate);
    }
  }
  run.gradients();
}

const Check kBackbone{"backbone/(?!.*_hash).*", check_backbone};

}  // namespace
}  // namespace golden::backbone_case
