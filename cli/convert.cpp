#include "infer/convert.hpp"

#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct ConvertArgs {
  Common common;
  infer::ConvertOptions options;
};

int run_convert(const ConvertArgs& args) {
  kernels::use_threads(args.common.threads);
  const infer::Conversion done = infer::convert(args.options);
  if (args.common.json) {
    const nlohmann::ordered_json object = {{"path", args.options.to.string()},
                                           {"network", done.network},
                                           {"names", done.names},
                                           {"largest_difference", done.largest_difference},
                                           {"smallest_cosine", done.smallest_cosine},
                                           {"head", done.head}};
    fmt::print("{}\n", object.dump());
    return 0;
  }
  fmt::print(
      "{}\n  written with {} names to {}{}\n  both sides run on the same pictures: largest "
      "difference {:.2g}, smallest cosine {:.7f}\n",
      done.network,
      done.names,
      args.options.to.string(),
      done.head ? ", with the classifier" : "",
      done.largest_difference,
      done.smallest_cosine);
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "convert",
      "Turn a backbone of any dialect into any other, and prove that both compute the same.",
      "  troodon convert dinov2_vits14_pretrain.pth vits14.safetensors\n"
      "  troodon convert runs/first my_model/              # a Hugging Face folder\n"
      "  troodon convert facebook/dinov2-base b.pth --names timm --half\n"
      "  troodon convert vits14 classifier/ --head dinov2_vits14_linear_head.pth");
  auto args = std::make_shared<ConvertArgs>();
  infer::ConvertOptions& options = args->options;
  verb.add_option("from",
                  options.from,
                  "checkpoint, run's folder, Hugging Face folder, or a released model's name")
      ->required();
  verb.add_option("to", options.to, ".pth, .safetensors, or a folder (Hugging Face)")->required();
  verb.add_option("--names", options.names, "official, huggingface or timm");
  verb.add_option(
      "--num-heads", options.num_heads, "where the file doesn't say and width / 64 is wrong");
  verb.add_option(
      "--head", options.head, "official linear head to put into the Hugging Face folder");
  verb.add_option("--head-to",
                  options.head_to,
                  "file for the classifier of a Hugging Face folder, as official");
  verb.add_flag("--half", options.half, "store float16");
  verb.add_flag("--overwrite", options.overwrite, "replace what is there");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_convert(*args); });
}

}  // namespace troodon::cli
