#include "infer/convert.hpp"

#include <algorithm>

#include <torch/torch.h>

#include "base/error.hpp"
#include "infer/embedder.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "model/dialect.hpp"
#include "model/hf_folder.hpp"

namespace troodon::infer {
namespace {

using model::Dialect;

/// Removes what is there when it goes; nothing if it has moved on by then.
struct Draft {
  fs::path path;
  explicit Draft(const fs::path& target)
      : path(target.parent_path() /
             ("." + target.stem().string() + ".draft" + target.extension().string())) {
    fs::remove_all(path);
  }
  ~Draft() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

bool is_file_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".pth" || extension == ".pt" || extension == ".safetensors";
}

Dialect dialect_for(const ConvertOptions& options) {
  const bool file = is_file_name(options.to);
  if (options.names.empty()) return file ? Dialect::official : Dialect::hugging_face;
  const Dialect dialect = model::dialect_named(options.names);
  if (!file && dialect != Dialect::hugging_face) {
    fail(Exit::usage,
         "{}: {} names go into a file; give it the extension .pth or .safetensors",
         options.to.string(),
         options.names);
  }
  return dialect;
}

model::StateDict weights_of(const model::Backbone& backbone, bool half) {
  model::StateDict state = model::state_of(*backbone.network);
  for (auto& [name, value] : state.tensors) {
    if (half) value = value.to(torch::kHalf);
  }
  state.metadata[model::kVitMetadata] = model::to_json(backbone.config);
  if (backbone.image_size > 0) {
    state.metadata[model::kImageSizeMetadata] = std::to_string(backbone.image_size);
  }
  return state;
}

/// [B,1+R+N,D]: every token after the last norm.
torch::Tensor tokens_of(model::Backbone& backbone, const torch::Tensor& pictures) {
  const auto out = backbone.network->forward_features(pictures);
  return torch::cat(
      {out.x_norm_clstoken.unsqueeze(1), out.x_norm_regtokens, out.x_norm_patchtokens}, 1);
}

void compare(model::Backbone& before, model::Backbone& after, Conversion& out) {
  const torch::NoGradGuard frozen;
  torch::manual_seed(0);
  const auto& config = before.config;
  const int64_t side = config.img_size, more = side + 2 * config.patch_size;
  out.largest_difference = 0;
  out.smallest_cosine = 1;
  for (const auto& [height, width] : {std::pair(side, side), std::pair(side, more)}) {
    const auto pictures = torch::randn({2, config.in_chans, height, width});
    const auto a = tokens_of(before, pictures), b = tokens_of(after, pictures);
    const double apart = (a - b).abs().max().item<double>();
    const double cosine = torch::cosine_similarity(a, b, -1).min().item<double>();
    out.largest_difference = std::max(out.largest_difference, apart);
    out.smallest_cosine = std::min(out.smallest_cosine, cosine);
  }
}

}  // namespace

Conversion convert(const ConvertOptions& given) {
  ConvertOptions options = given;
  if (!options.to.has_filename()) options.to = options.to.parent_path();  // "folder/"
  if (fs::exists(options.to) && !options.overwrite) {
    fail(Exit::usage, "{}: exists; name another place or say --overwrite", options.to.string());
  }
  const Dialect dialect = dialect_for(options);
  model::Backbone before =
      model::load_backbone(model_file(options.from), {.num_heads = options.num_heads});
  const Draft draft(options.to);
  const model::StateDict state = weights_of(before, options.half);
  if (is_file_name(options.to)) {
    model::write_checkpoint(draft.path, model::in_dialect(state, dialect));
  } else {
    model::write_hf_folder(draft.path, state, before.config, before.image_size);
  }
  model::Backbone after = model::load_backbone(draft.path, {.num_heads = before.config.num_heads});
  Conversion out{.network = before.description,
                 .names = model::name_of(dialect),
                 .largest_difference = 0,
                 .smallest_cosine = 1};
  compare(before, after, out);
  const bool equal = options.half ? out.smallest_cosine >= 0.9995 : out.largest_difference <= 1e-5;
  if (!equal) {
    fail(Exit::mismatch,
         "{}: what was written computes something else (largest difference {:.2g}, smallest cosine "
         "{:.6f}); nothing was kept",
         options.to.string(),
         out.largest_difference,
         out.smallest_cosine);
  }
  if (fs::is_directory(options.to)) fs::remove_all(options.to);
  fs::rename(draft.path, options.to);
  return out;
}

}  // namespace troodon::infer
