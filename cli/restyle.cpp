#include "restyle/restyle.hpp"

#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "image/encode.hpp"
#include "kernels/backend.hpp"
#include "matching.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct RestyleArgs {
  Common common;
  frozen::DenseOptions dense = {.grid = 32};
  fs::path content, style, out;
  restyle::RestyleOptions restyle;
};

int run_restyle(RestyleArgs& args) {
  kernels::use_threads(args.common.threads);
  args.dense.threads = args.restyle.threads = static_cast<size_t>(args.common.threads);
  args.dense.device = args.common.device;
  args.dense.progress = args.common.progress_style();
  const image::Image content = read_or_fail(args.content), style = read_or_fail(args.style);
  frozen::DenseFeatures features(args.dense);
  const image::Image made = restyle::restyle(features, content, style, args.restyle);
  image::write(args.out, made);
  if (args.common.json)
    fmt::print("{}\n",
               nlohmann::ordered_json{
                   {"out", args.out.string()}, {"width", made.width}, {"height", made.height}}
                   .dump());
  else
    fmt::print("{} x {} pixels -> {}\n", made.width, made.height, args.out.string());
  return 0;
}

}  // namespace

void add_restyle(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "restyle",
      "A picture in the colours and textures of what is like it in another.",
      "  troodon restyle dog.jpg painting.jpg --model vits14 --out painted.png\n"
      "  troodon restyle noon.jpg dusk.jpg --model vits14 --out dusk.png --strength 0.7 --texture "
      "0.5");
  auto args = std::make_shared<RestyleArgs>();
  auto& x = args->restyle;
  verb.add_option("content", args->content, "the picture to change")->required();
  verb.add_option("style", args->style, "the picture whose colours it takes")->required();
  verb.add_option("--model,-m",
                  args->dense.model,
                  "checkpoint, Hugging Face folder, run's folder, a released model's name, or "
                  "colour, hog, colour+hog")
      ->required();
  verb.add_option("--out,-o", args->out, "picture to write (.png, .jpg)")->required();
  verb.add_option("--grid", args->dense.grid, "patches along the short side")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--strength", x.strength, "0: as it was, 1: the other's colours")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--texture", x.texture, "how much of the other's texture comes, too")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb.add_option("--regions", x.regions, "kinds of things told apart in both pictures")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_restyle(*args); });
}

}  // namespace troodon::cli
