#include <bit>
#include <cmath>
#include <regex>

#include <fmt/ranges.h>

#include "base/file.hpp"
#include "golden.hpp"
#include "model/arch.hpp"
#include "model/head.hpp"
#include "model/vit.hpp"

// backbone/*_hash: real sizes with weights by a formula. schedules/init_stats: our random weights.
namespace golden::weights_case {
namespace {

using namespace troodon::model;

constexpr double kHashForward = 1e-5;

/// The counter-based weights of golden/README.md: exact on every machine.
Tensor hash_uniform(
    const std::string& name, at::IntArrayRef shape, float range, float offset, uint64_t seed) {
  const Tensor out = torch::empty(shape);
  const auto crc = troodon::crc32(std::as_bytes(std::span(name)));
  const uint64_t base = (uint64_t{crc} << 32) + seed * 0xD1342543DE82EF95ULL;
  float* values = out.data_ptr<float>();
  for (int64_t i = 0; i < out.numel(); ++i) {
    uint64_t z = base + static_cast<uint64_t>(i) + 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    const auto unit = static_cast<float>(2 * static_cast<int64_t>(z >> 40) - (1 << 24)) * 0x1p-24F;
    values[i] = offset + unit * range;
  }
  return out;
}

Tensor hash_weight(const std::string& name, const Tensor& like, uint64_t seed) {
  const bool weight = name.ends_with(".weight");
  float range = 0x1p-5F, offset = 0;  // a bias
  if (name == "cls_token" || name == "mask_token" || name == "register_tokens" ||
      name == "pos_embed") {
    range = 0x1p-3F;
  } else if (name.ends_with(".gamma")) {
    range = 0x1p-2F, offset = 0.5F;
  } else if (name.find("norm") != std::string::npos) {
    range = 0x1p-3F, offset = weight ? 1.0F : 0.0F;
  } else if (weight) {
    const auto fan_in = static_cast<uint64_t>(like.numel() / like.size(0));
    range = std::ldexp(1.0F, -static_cast<int>((std::bit_width(fan_in) - 1) / 2));
  }
  return hash_uniform(name, like.sizes(), range, offset, seed);
}

uint32_t crc_of(const Tensor& t) {
  return troodon::crc32({static_cast<const std::byte*>(t.const_data_ptr()), t.nbytes()});
}

void check_weight(const std::string& name,
                  const Tensor& value,
                  const json& expected,
                  Verdict& verdict) {
  verdict.expect(name + " crc32", crc_of(value) == expected.at("crc32_le_f32").get<uint32_t>());
  const Tensor flat = value.detach().flatten();
  int64_t i = 0;
  for (const auto& hex : expected.at("first4_hex")) {
    const float wanted = std::strtof(hex.get<std::string>().c_str(), nullptr);
    verdict.expect(name + " first values", flat[i++].item<float>() == wanted);
  }
  verdict.near(
      name + " sum", flat.sum(torch::kDouble).item<double>(), expected.at("sum_f64"), 1e-6);
}

/// Every k-th patch for "patch_every16".
void compare_hash_outputs(const Case& c,
                          const std::string& prefix,
                          const VitFeatures& out,
                          Verdict& verdict) {
  const auto one = [&](const std::string& key, const Tensor& value) {
    if (c.has(prefix + key))
      verdict.close(prefix + key, value, c.tensor(prefix + key), kHashForward);
  };
  one("cls", out.x_norm_clstoken), one("reg", out.x_norm_regtokens);
  one("prenorm_cls", out.x_prenorm.select(1, 0));
  one("patch_mean", out.x_norm_patchtokens.to(torch::kDouble).mean(1));
  for (const auto& [key, expected] : c.tensors(prefix + "patch_every")) {
    one("patch_every" + key, out.x_norm_patchtokens.slice(1, 0, std::nullopt, std::stoll(key)));
  }
}

void check_hash(const Case& c, Verdict& verdict) {
  const torch::NoGradGuard frozen;
  const uint64_t seed = c.info.at("seed");
  VisionTransformer vit(config_from_json(c.config().dump(), arch_config(c.config().at("fn"))),
                        Init::none);
  vit->eval();
  auto parameters = vit->named_parameters();
  for (auto& p : parameters) p.value().set_data(hash_weight(p.key(), p.value(), seed));
  for (const auto& [name, expected] : c.values().at("weight_checks").items()) {
    check_weight(name, parameters[name], expected, verdict);
  }
  for (const auto& [key, cls] : c.tensors("")) {
    std::smatch size;
    if (!std::regex_match(key, size, std::regex(R"((\d+)x(\d+)\.cls)"))) continue;
    const std::string prefix = key.substr(0, key.size() - 3);
    const std::vector<int64_t> shape = {
        cls.size(0), vit->config().in_chans, std::stoll(size[1]), std::stoll(size[2])};
    const Tensor x =
        hash_uniform(fmt::format("input:{}", fmt::join(shape, "x")), shape, 2, 0, seed);
    verdict.expect(prefix + "input",
                   crc_of(x) == c.values().at(prefix + "input_crc32").get<uint32_t>());
    compare_hash_outputs(c, prefix, vit->forward_features(x), verdict);
    if (!c.has(prefix + "last4.0.cls")) continue;
    const auto layers = vit->get_intermediate_layers(x, 4);
    for (size_t i = 0; i < layers.size(); ++i) {
      const std::string at = fmt::format("{}last4.{}.cls", prefix, i);
      verdict.close(at, layers[i].cls_token, c.tensor(at), kHashForward);
    }
  }
}

/// Two samples of one distribution: means and spreads differ by their sampling noise.
void compare_init(const nn::Module& module, const json& stats, Verdict& verdict) {
  const auto parameters = module.named_parameters();
  verdict.expect("number of parameters", parameters.size() == stats.size());
  for (const auto& [name, s] : stats.items()) {
    const Tensor value = parameters[name].detach().to(torch::kDouble);
    const double std = s.at("std"), largest = s.at("absmax"), rounding = 1e-7 * largest;
    const double noise = std / std::sqrt(static_cast<double>(value.numel()));
    verdict.near(name + " mean", value.mean().item<double>(), s.at("mean"), 7 * noise + rounding);
    verdict.near(name + " std", value.std(false).item<double>(), std, 5 * noise + rounding);
    const double spread = std > 0 ? 0.5 * largest : rounding;
    verdict.near(name + " absmax", value.abs().max().item<double>(), largest, spread);
  }
}

VitConfig config_of_shapes(const json& stats) {
  const auto shape = [&](const std::string& name) { return stats.at(name).at("shape"); };
  VitConfig config;
  const auto patches = shape("patch_embed.proj.weight");
  config.embed_dim = patches[0], config.in_chans = patches[1], config.patch_size = patches[2];
  config.img_size =
      std::lround(std::sqrt(shape("pos_embed")[1].get<double>() - 1)) * config.patch_size;
  config.depth = 0;
  while (stats.contains(fmt::format("blocks.{}.norm1.weight", config.depth))) ++config.depth;
  config.num_heads = std::max<int64_t>(config.embed_dim / 64, 1);
  if (stats.contains("register_tokens")) config.num_register_tokens = shape("register_tokens")[1];
  if (stats.contains("blocks.0.ls1.gamma"))
    config.init_values = stats.at("blocks.0.ls1.gamma").at("mean");
  if (stats.contains("blocks.0.mlp.w12.weight")) config.ffn_layer = "swiglufused";
  return config;
}

HeadConfig head_of_shapes(const json& stats) {
  const auto shape = [&](const std::string& name) { return stats.at(name).at("shape"); };
  HeadConfig config;
  config.out_dim = shape("last_layer.weight_v")[0],
  config.bottleneck_dim = shape("last_layer.weight_v")[1];
  config.nlayers = 0;
  while (stats.contains(fmt::format("mlp.{}.weight", 2 * config.nlayers))) ++config.nlayers;
  const auto first = shape(config.nlayers == 0 ? "mlp.weight" : "mlp.0.weight");
  config.hidden_dim = first[0], config.in_dim = first[1];
  config.nlayers = std::max<int64_t>(config.nlayers, 1);
  config.mlp_bias = stats.contains("mlp.0.bias") || stats.contains("mlp.bias");
  return config;
}

void check_init(const Case& c, Verdict& verdict) {
  for (const auto& [name, stats] : c.info.items()) {
    if (!stats.is_object()) continue;
    if (stats.contains("patch_embed.proj.weight")) {
      compare_init(*VisionTransformer(config_of_shapes(stats)), stats, verdict);
    } else {
      compare_init(*DINOHead(head_of_shapes(stats)), stats, verdict);
    }
  }
}

const Check kHash{"backbone/.*_hash", check_hash};
const Check kInit{"schedules/init_stats.json", check_init};

}  // namespace
}  // namespace golden::weights_case
