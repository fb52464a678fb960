#include "golden.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

// interop/: one set of weights in every file format that we read. Hugging Face's and timm's files
// are not covered yet.
namespace golden::interop_case {
namespace {

using namespace troodon::model;

/// [cls, registers, patches] after the last norm, as the reference stores its outputs.
Tensor all_tokens(Backbone& backbone, const Tensor& x, const Tensor& masks = {}) {
  const VitFeatures out = backbone.network->forward_features(x, masks);
  return torch::cat(
      {out.x_norm_clstoken.unsqueeze(1), out.x_norm_regtokens, out.x_norm_patchtokens}, 1);
}

void compare_outputs(const Case& c, Verdict& verdict, const std::string& file, Backbone& backbone) {
  const torch::NoGradGuard frozen;
  const bool half = file.find("fp16") != std::string::npos;
  const double tolerance = half ? 1e-2 : 1e-5;  // 11 bits in each weight, three blocks
  Tensor first;
  for (const auto& [key, x] : c.tensors("")) {
    if (!key.ends_with(".x")) continue;
    const std::string expected = key.substr(0, key.size() - 1) + "official";
    if (!c.has(expected)) continue;
    if (!first.defined()) first = x;
    verdict.close(file + " " + expected, all_tokens(backbone, x), c.tensor(expected), tolerance);
  }
  if (!c.has("mask.official")) return;
  const Tensor masks = c.tensor("mask.masks");
  for (const auto& [key, x] : c.tensors("")) {
    const int64_t patch = backbone.config.patch_size;
    if (!key.ends_with(".x") || x.size(0) != masks.size(0)) continue;
    if (x.size(2) / patch * (x.size(3) / patch) != masks.size(1)) continue;
    verdict.close(
        file + " mask", all_tokens(backbone, x, masks), c.tensor("mask.official"), tolerance);
    return;
  }
}

void check_interop(const Case& c, Verdict& verdict) {
  const std::string stem = c.path.stem().string();
  const std::string prefix = stem.substr(0, stem.size() - 3);  // "plain_io" -> "plain"
  const VitConfig wanted = config_from_json(c.config().dump());
  for (const auto& entry : fs::directory_iterator(c.path.parent_path())) {
    const std::string file = entry.path().filename().string();
    const bool ours =
        file.starts_with(prefix + "_official") || file.starts_with(prefix + "_teacher");
    if (!ours || !entry.is_regular_file()) continue;
    Backbone backbone = load_backbone(entry.path(), {.num_heads = wanted.num_heads});
    VitConfig deduced = backbone.config;
    deduced.init_values = wanted.init_values;
    verdict.expect(file + ": config", deduced == wanted, to_json(deduced));
    compare_outputs(c, verdict, file, backbone);
    verdict.covers(entry.path());
  }
  verdict.expect("files found", !verdict.covered.empty());
}

const Check kInterop{"interop/.*_io", check_interop};

}  // namespace
}  // namespace golden::interop_case
