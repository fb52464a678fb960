#include "golden.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

// interop/: one set of weights in every file format and under every library's names.
namespace golden::interop_case {
namespace {

using namespace troodon::model;

/// [cls, registers, patches] after the last norm, as the reference stores its outputs.
Tensor all_tokens(Backbone& backbone, const Tensor& x, const Tensor& masks = {}) {
  const VitFeatures out = backbone.network->forward_features(x, masks);
  return torch::cat(
      {out.x_norm_clstoken.unsqueeze(1), out.x_norm_regtokens, out.x_norm_patchtokens}, 1);
}

void compare_outputs(
    const Case& c, Verdict& verdict, const std::string& file, Backbone& backbone, bool masked) {
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
  if (!masked || !c.has("mask.official")) return;
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

void check_file(const Case& c, Verdict& verdict, const fs::path& path, const VitConfig& wanted) {
  const std::string file = path.filename().string();
  Backbone backbone = load_backbone(path, {.num_heads = wanted.num_heads});
  VitConfig deduced = backbone.config;
  deduced.init_values = wanted.init_values;
  verdict.expect(file + ": config", deduced == wanted, to_json(deduced));
  const bool masked = file.find("timm") == std::string::npos;  // it has no mask token
  compare_outputs(c, verdict, file, backbone, masked);
}

void check_interop(const Case& c, Verdict& verdict) {
  const std::string stem = c.path.stem().string();
  const std::string prefix = stem.substr(0, stem.size() - 2);  // "plain_io" -> "plain_"
  const VitConfig wanted = config_from_json(c.config().dump());
  for (const auto& entry : fs::directory_iterator(c.path.parent_path())) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    if (entry.path().stem() == c.path.stem()) continue;
    check_file(c, verdict, entry.path(), wanted);
    if (!entry.is_directory()) {
      verdict.covers(entry.path());
      continue;
    }
    for (const auto& inner : fs::directory_iterator(entry.path())) verdict.covers(inner.path());
  }
  verdict.expect("files found", !verdict.covered.empty());
}

const Check kInterop{"interop/.*_io", check_interop};

}  // namespace
}  // namespace golden::interop_case
