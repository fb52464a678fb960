#include "features.hpp"

#include <map>
#include <memory>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/disk.hpp"
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

nlohmann::ordered_json json_of(const infer::ExtractOptions& options,
                               const infer::ExtractResult& result) {
  nlohmann::ordered_json out = {{"out", options.out.string()},
                                {"model", result.model},
                                {"pictures", result.pictures},
                                {"rows", result.rows},
                                {"item_shape", result.item_shape},
                                {"ragged", result.ragged},
                                {"dtype", result.dtype},
                                {"bytes", result.bytes}};
  if (options.dry_run) {
    out["dry_run"] = true;
    return out;
  }
  const infer::Busy& busy = result.busy;
  out["resumed"] = result.resumed;
  out["reused"] = result.reused;
  out["computed"] = result.computed;
  out["seconds"] = result.seconds;
  out["images_per_second"] = result.images_per_second;
  out["busy"] = {{"reading", busy.share(busy.reading)},
                 {"reading_threads", busy.reading_threads},
                 {"network", busy.share(busy.forward)},
                 {"waiting_for_pictures", busy.share(busy.waiting_for_pictures)},
                 {"waiting_for_disk", busy.share(busy.waiting_for_disk)},
                 {"writing", busy.share(busy.writing)}};
  out["bottleneck"] = infer::bottleneck(busy);
  out["bad"] = result.bad;
  out["bad_files"] = result.bad_files;
  return out;
}

void print_text(const infer::ExtractOptions& options, const infer::ExtractResult& result) {
  const std::string shape =
      fmt::format("{}{}", result.ragged ? "tokens, " : "", fmt::join(result.item_shape, ", "));
  if (options.dry_run) {
    fmt::print("would write: {} pictures x [{}] {} -> {}, {}{}; {}\n",
               result.rows,
               shape,
               result.dtype,
               options.out.string(),
               result.ragged ? "about " : "",
               size_text(result.bytes),
               result.model);
    return;
  }
  fmt::print("{} pictures x [{}] -> {}, {}, {:.3g} images/s\n",
             result.rows,
             shape,
             options.out.string(),
             size_text(result.bytes),
             result.images_per_second);
  if (options.update)
    fmt::print("{} reused, {} computed{}\n",
               result.reused,
               result.computed,
               result.resumed > 0
                   ? fmt::format(", {} done by an earlier, interrupted call", result.resumed)
                   : "");
  if (result.bad > 0)
    fmt::print("{} unreadable files left out, listed in {}.failed.txt\n",
               result.bad,
               options.out.string());
}

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
  if (args.common.json)
    fmt::print("{}\n", json_of(args.extract, result).dump());
  else
    print_text(args.extract, result);
  return result.bad == 0 ? 0 : static_cast<int>(Exit::partial);
}

}  // namespace

void add_picture_flags(CLI::App& verb, infer::ExtractOptions& x) {
  static const std::map<std::string, infer::Output> outputs = {{"cls", infer::Output::cls},
                                                               {"pooled", infer::Output::pooled},
                                                               {"patches", infer::Output::patches},
                                                               {"layers", infer::Output::layers},
                                                               {"probe", infer::Output::probe}};
  static const std::map<std::string, infer::Resize> resizes = {{"crop", infer::Resize::crop},
                                                               {"pad", infer::Resize::pad},
                                                               {"stretch", infer::Resize::stretch},
                                                               {"fit", infer::Resize::fit},
                                                               {"tile", infer::Resize::tile}};
  verb.add_option("--output", x.embed.output, "cls, pooled, patches, layers or probe")
      ->transform(CLI::CheckedTransformer(outputs, CLI::ignore_case))
      ->default_str("cls");
  verb.add_option("--layers",
                  x.embed.layers,
                  "with --output layers and probe: class tokens of so many last blocks")
      ->capture_default_str();
  verb.add_option("--size",
                  x.embed.size,
                  "pixels, a multiple of the patch (default: what the model says, else 224 or its "
                  "training size)");
  static const std::map<std::string, infer::Backend> backends = {
      {"auto", infer::Backend::automatic},
      {"torch", infer::Backend::torch},
      {"openvino", infer::Backend::openvino},
      {"native", infer::Backend::native}};
  verb.add_option("--backend",
                  x.embed.backend,
                  "auto (on a CPU the first that can), native (CPUs with AMX), openvino or torch")
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
  verb.add_option("--resize,--fit",
                  x.resize,
                  "crop, pad, stretch, fit (own aspect) or tile (windows over large pictures)")
      ->transform(CLI::CheckedTransformer(resizes, CLI::ignore_case))
      ->default_str("crop");
  verb.add_option("--scales", x.scales, "sizes whose normalised mean is kept, such as 0.5,1,2")
      ->delimiter(',');
  verb.add_flag("--scaled-decoding",
                x.scaled_decoding,
                "decode large JPEGs at reduced size: sooner, not bit for bit the same");
  verb.add_option("--max-pixels", x.max_pixels, "larger pictures count as unreadable")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_output_flags(CLI::App& verb, infer::ExtractOptions& x) {
  verb.add_option("--out,-o",
                  x.out,
                  "file to write: .safetensors, .npy with a .json beside it, or .parquet; or a "
                  "folder of such files: DIR/")
      ->required();
  verb.add_option("--format", x.format, "of the files in a folder: safetensors, npy or parquet")
      ->check(CLI::IsMember({"safetensors", "npy", "parquet"}))
      ->capture_default_str();
  verb.add_option("--shard-rows", x.shard_rows, "rows of a file in a folder (default: about 1 GB)")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--half", x.half, "keep float16: half the space, 3 digits");
  verb.add_flag("--overwrite", x.overwrite, "replace what is there");
  verb.add_flag("--update,--incremental",
                x.update,
                "replace what is there, but keep the rows of pictures whose content it knows");
  verb.add_flag("--dry-run", x.dry_run, "only say what would be written");
}

void add_features(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "features",
      "Turn pictures into frozen features.",
      "  troodon features --model runs/first --input photos/ --out photos.safetensors\n"
      "  troodon features --model dinov2_vits14_pretrain.pth --input photos/ --out "
      "patches.npy --output patches\n"
      "  troodon features --model runs/first --input photos/ --out features/ --format parquet "
      "--half\n"
      "  troodon features --model runs/first --input photos/ --out photos.safetensors "
      "--update\n"
      "A call that was interrupted goes on where it was when repeated.");
  auto args = std::make_shared<FeaturesArgs>();
  auto& x = args->extract;
  verb.add_option("--model,-m",
                  x.model,
                  "checkpoint, Hugging Face folder, run's folder, or a released model's name")
      ->required();
  verb.add_option(
          "--input,-i",
          x.input,
          "folder, list (.txt), manifest (.csv, .parquet) or picture; ?split=val picks a split")
      ->required();
  add_output_flags(verb, x);
  add_picture_flags(verb, x);
  verb.add_option("--batch,-b", x.batch, "pictures at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option(
          "--part",
          x.part,
          "pictures saved at a time, what a kill costs at most (default: 512, fewer if large)")
      ->check(CLI::PositiveNumber);
  verb.add_option("--limit", x.limit, "only the first so many pictures");
  verb.add_flag("--strict", x.strict, "stop at the first unreadable picture");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_features(*args); });
}

}  // namespace troodon::cli
