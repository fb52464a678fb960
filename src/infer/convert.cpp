#include "infer/convert.hpp"

#include <algorithm>
#include <optional>

#include <torch/torch.h>

#include "base/error.hpp"
#include "base/place.hpp"
#include "infer/embedder.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "model/dialect.hpp"
#include "model/hf_folder.hpp"

namespace troodon::infer {
namespace {

using model::Dialect;

/// A folder beside the target in which the result grows; goes away with this object, and what a
/// killed call left there goes at the next one.
struct Draft {
  fs::path folder, path;
  explicit Draft(const fs::path& target)
      : folder(target.parent_path() / ("." + target.filename().string() + ".draft")),
        path(folder / target.filename()) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    make_folders(folder);
  }
  ~Draft() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
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

/// The head that goes along: the one that was named, else the classifier that `from` has.
std::optional<model::LinearHead> head_for(const ConvertOptions& options, const fs::path& from) {
  const auto shapes = model::select_backbone(model::read_checkpoint(from, model::Contents::shapes));
  const int64_t width = model::deduce_config(shapes, options.num_heads).embed_dim;
  if (!options.head.empty()) return model::read_linear_head(options.head, width);
  if (!model::linear_head_of(model::read_checkpoint(from, model::Contents::shapes), width))
    return std::nullopt;
  return model::read_linear_head(from, width);
}

/// Nothing is in the way, or may be replaced; a folder only if it is a model's.
void check_target(const fs::path& to, bool overwrite) {
  if (!fs::exists(to)) return;
  if (!overwrite)
    fail(Exit::usage, "{}: exists; name another place or say --overwrite", to.string());
  if (fs::is_directory(to) && !model::is_hf_folder(to)) {
    fail(Exit::usage,
         "{}: is a folder, and not a Hugging Face model's; it is not replaced",
         to.string());
  }
}

void check_equal(const ConvertOptions& options, const Conversion& done) {
  const bool equal =
      options.half ? done.smallest_cosine >= 0.9995 : done.largest_difference <= 1e-5;
  if (equal) return;
  fail(Exit::mismatch,
       "{}: what was written computes something else (largest difference {:.2g}, smallest cosine "
       "{:.6f}); nothing was kept",
       options.to.string(),
       done.largest_difference,
       done.smallest_cosine);
}

}  // namespace

Conversion convert(const ConvertOptions& given) {
  ConvertOptions options = given;
  if (!options.to.has_filename()) options.to = options.to.parent_path();  // "folder/"
  check_target(options.to, options.overwrite);
  if (!options.head_to.empty()) check_target(options.head_to, options.overwrite);
  const Dialect dialect = dialect_for(options);
  const bool file = is_file_name(options.to);
  if (file && !options.head.empty())
    fail(Exit::usage, "--head goes into a Hugging Face folder; {} is a file", options.to.string());
  const fs::path from = model_file(options.from);
  const auto head = head_for(options, from);
  if (!head && !options.head_to.empty())
    fail(Exit::input, "{}: has no classifier to write", options.from.string());
  model::Backbone before = model::load_backbone(from, {.num_heads = options.num_heads});
  const Draft draft(options.to);
  const model::StateDict state = weights_of(before, options.half);
  if (file) {
    model::write_checkpoint(draft.path, model::in_dialect(state, dialect));
  } else {
    model::write_hf_folder(
        draft.path,
        state,
        {.config = before.config, .image_size = before.image_size, .head = head});
  }
  model::Backbone after = model::load_backbone(draft.path, {.num_heads = before.config.num_heads});
  Conversion out{.network = before.description,
                 .names = model::name_of(dialect),
                 .largest_difference = 0,
                 .smallest_cosine = 1};
  compare(before, after, out);
  check_equal(options, out);
  if (!options.head_to.empty()) model::write_checkpoint(options.head_to, model::to_state(*head));
  out.head = head && (!file || !options.head_to.empty());
  exchange(draft.path, options.to);
  return out;
}

}  // namespace troodon::infer
