#include <map>
#include <memory>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "infer/extract.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct FeaturesArgs {
  Common common;
  infer::ExtractOptions extract;
};

int run_features(FeaturesArgs& args) {
  kernels::use_threads(args.common.threads);
  args.extract.embed.device = args.common.device;
  args.extract.embed.threads = static_cast<size_t>(args.common.threads);
  args.extract.threads = static_cast<size_t>(args.common.threads);
  args.extract.progress = args.common.progress_style();
  const infer::ExtractResult result = infer::extract(args.extract);
  if (result.interrupted) {
    log_info("stopped; repeat the same command to go on");
    return interrupt_exit_code();
  }
  if (args.common.json) {
    const nlohmann::ordered_json object = {{"out", args.extract.out.string()},
                                           {"rows", result.rows},
                                           {"item_shape", result.item_shape},
                                           {"resumed", result.resumed},
                                           {"seconds", result.seconds},
                                           {"images_per_second", result.images_per_second},
                                           {"bad_files", result.bad_files}};
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print("{} pictures x [{}] -> {}, {:.3g} images/s\n",
               result.rows,
               fmt::join(result.item_shape, ", "),
               args.extract.out.string(),
               result.images_per_second);
    if (!result.bad_files.empty())
      fmt::print("{} unreadable files left out, listed in {}.failed.txt\n",
                 result.bad_files.size(),
                 args.extract.out.string());
  }
  return result.bad_files.empty() ? 0 : static_cast<int>(Exit::partial);
}

}  // namespace

void add_features(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "features",
               "Turn pictures into frozen features.",
               "  troodon features --model runs/first --input photos/ --out photos.safetensors\n"
               "  troodon features --model dinov2_vits14_pretrain.pth --input photos/ --out "
               "patches.npy --output patches\n"
               "  troodon features --model runs/first --input list.txt --out f.safetensors "
               "--output layers --layers 4\n"
               "A call that was interrupted goes on where it was when repeated.");
  auto args = std::make_shared<FeaturesArgs>();
  auto& x = args->extract;
  static const std::map<std::string, infer::Output> outputs = {{"cls", infer::Output::cls},
                                                               {"pooled", infer::Output::pooled},
                                                               {"patches", infer::Output::patches},
                                                               {"layers", infer::Output::layers}};
  verb.add_option("--model,-m", x.model, "checkpoint, Hugging Face folder, run's folder, or a released model's name")
      ->required();
  verb.add_option("--input,-i",
                  x.input,
                  "folder, list (.txt), manifest (.csv) or picture; ?split=val picks a split")
      ->required();
  verb.add_option("--out,-o", x.out, "file to write: .safetensors, or .npy with a .json beside it")
      ->required();
  verb.add_option("--output", x.embed.output, "cls, pooled, patches or layers")
      ->transform(CLI::CheckedTransformer(outputs, CLI::ignore_case))
      ->default_str("cls");
  verb.add_option(
          "--layers", x.embed.layers, "with --output layers: class tokens of so many last blocks")
      ->capture_default_str();
  verb.add_option("--size",
                  x.embed.size,
                  "pixels, a multiple of the patch (default: what the model says, else 224 or its "
                  "training size)");
  add_fit(verb, x.embed.fit);
  static const std::map<std::string, infer::Backend> backends = {
      {"auto", infer::Backend::automatic},
      {"torch", infer::Backend::torch},
      {"openvino", infer::Backend::openvino}};
  verb.add_option("--backend",
                  x.embed.backend,
                  "auto (OpenVINO on a CPU where built in), torch or openvino")
      ->transform(CLI::CheckedTransformer(backends, CLI::ignore_case))
      ->default_str("auto");
  static const std::map<std::string, infer::Precision> precisions = {
      {"auto", infer::Precision::fp32},
      {"fp32", infer::Precision::fp32},
      {"bf16", infer::Precision::bf16},
      {"int8", infer::Precision::int8}};
  verb.add_option("--precision",
                  x.embed.precision,
                  "fp32, bf16 or int8; below fp32 the likeness to fp32 is measured and kept")
      ->transform(CLI::CheckedTransformer(precisions, CLI::ignore_case))
      ->default_str("fp32");
  verb.add_option("--batch,-b", x.batch, "pictures at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--part", x.part, "pictures saved at a time: what a kill costs at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--limit", x.limit, "only the first so many pictures");
  verb.add_flag("--strict", x.strict, "stop at the first unreadable picture");
  verb.add_flag("--overwrite", x.overwrite, "replace what is there");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_features(*args); });
}

}  // namespace troodon::cli
