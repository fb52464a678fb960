#include <memory>

#include <nlohmann/json.hpp>

#include "apply/pca_pictures.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct PcaArgs {
  Common common;
  apply::PcaOptions pca;
  bool whole = false;
};

int run_pca(PcaArgs& args) {
  kernels::use_threads(args.common.threads);
  args.pca.embed.device = args.common.device;
  args.pca.embed.threads = static_cast<size_t>(args.common.threads);
  args.pca.progress = args.common.progress_style();
  args.pca.foreground = !args.whole;
  const apply::PcaResult result = apply::pca_pictures(args.pca);
  if (result.interrupted) return interrupt_exit_code();
  if (args.common.json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{{"pictures", result.pictures},
                                      {"sheet", result.sheet.string()},
                                      {"variances", result.variances},
                                      {"bad_files", result.bad_files}}
                   .dump());
  } else {
    fmt::print("{} pictures, one basis -> {}\n", result.pictures, result.sheet.string());
  }
  return result.bad_files.empty() ? 0 : static_cast<int>(Exit::partial);
}

}  // namespace

void add_pca(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "pca",
               "Show what patch features mean: PCA pictures in one basis for all pictures.",
               "  troodon pca --model runs/first --input photos/ --out pca/\n"
               "  troodon pca --model dinov2_vits14_pretrain.pth --input dogs/ --out pca/ --whole "
               "--size 700");
  auto args = std::make_shared<PcaArgs>();
  auto& x = args->pca;
  verb.add_option("--model,-m",
                  x.model,
                  "checkpoint, Hugging Face folder, run's folder, or a released model's name")
      ->required();
  verb.add_option("--input,-i", x.input, "folder, list, manifest or picture")->required();
  verb.add_option("--out,-o", x.out, "folder for the pictures and sheet.png")->required();
  verb.add_option("--limit", x.limit, "so many pictures, spread over the input; 0: all")
      ->capture_default_str();
  verb.add_option("--size",
                  x.embed.size,
                  "pixels, a multiple of the patch (default: 32 patches; 518 for patch 14)");
  add_fit(verb, x.embed.fit);
  verb.add_flag("--whole", args->whole, "colour the background too");
  verb.add_flag("--flip-foreground",
                x.flip_foreground,
                "take the other side of the first component for the foreground");
  verb.add_flag("--overwrite", x.overwrite, "replace pictures that are there");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_pca(*args); });
}

}  // namespace troodon::cli
