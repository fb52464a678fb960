#include "restyle/restyle.hpp"

#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "image/encode.hpp"
#include "kernels/backend.hpp"
#include "matching.hpp"
#include "refine/refine.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct RestyleArgs {
  Common common;
  frozen::DenseOptions dense = {.grid = 32};
  fs::path content, style, out;
  restyle::RestyleOptions restyle;
  refine::RefineOptions refine = {.steps = 0};
};

nlohmann::ordered_json losses_of(const refine::Losses& losses) {
  return {
      {"structure", losses.structure}, {"appearance", losses.appearance}, {"total", losses.total}};
}

void print_made(const RestyleArgs& args, const refine::Refined& made) {
  const std::string out = args.out.string();
  const auto& [picture, first, last, steps, interrupted] = made;
  if (args.common.json) {
    nlohmann::ordered_json said = {
        {"out", out}, {"width", picture.width}, {"height", picture.height}};
    if (args.refine.steps > 0)
      said.update({{"steps", steps},
                   {"interrupted", interrupted},
                   {"first", losses_of(first)},
                   {"last", losses_of(last)}});
    fmt::print("{}\n", said.dump());
    return;
  }
  fmt::print("{} x {} pixels -> {}\n", picture.width, picture.height, out);
  if (args.refine.steps > 0)
    fmt::print("{} steps{}: structure {:.4f} -> {:.4f}, appearance {:.4f} -> {:.4f}\n",
               steps,
               interrupted ? " (interrupted; the best so far)" : "",
               first.structure,
               last.structure,
               first.appearance,
               last.appearance);
}

int run_restyle(RestyleArgs& args) {
  kernels::use_threads(args.common.threads);
  args.dense.threads = args.restyle.threads = static_cast<size_t>(args.common.threads);
  args.dense.device = args.refine.device = args.common.device;
  args.dense.progress = args.refine.progress = args.common.progress_style();
  args.refine.model = args.dense.model, args.refine.grid = args.dense.grid;
  args.restyle.seed = args.refine.seed;
  const image::Image content = read_or_fail(args.content), style = read_or_fail(args.style);
  frozen::DenseFeatures features(args.dense);
  const image::Image start = restyle::restyle(features, content, style, args.restyle);
  const refine::Refined made = refine::refine(content, style, start, args.refine);
  image::write(args.out, made.picture);
  print_made(args, made);
  return made.interrupted ? interrupt_exit_code() : 0;
}

/// What --steps adds.
void add_refinement(CLI::App& verb, refine::RefineOptions& y) {
  verb.add_option("--steps",
                  y.steps,
                  "go on by so many steps of gradients through the network, nearer to the other's "
                  "look (try 100; slow without a GPU); 0: colours alone")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--structure", y.structure, "with --steps: weight of the content's structure")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--appearance", y.appearance, "with --steps: weight of the other's look")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--smooth", y.smooth, "with --steps: weight of changes that follow the content")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option(
          "--block", y.block, "with --steps: whose places are compared, from 0; -1: the last")
      ->check(CLI::Range(-1, 1000))
      ->capture_default_str();
  verb.add_option("--seed", y.seed, "of regions and views")->capture_default_str();
}

}  // namespace

void add_restyle(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "restyle",
      "A picture in the colours and textures of what is like it in another.",
      "  troodon restyle dog.jpg painting.jpg --model vits14 --out painted.png\n"
      "  troodon restyle noon.jpg dusk.jpg --model vits14 --out dusk.png --strength 0.7 --texture "
      "0.5\n"
      "  troodon restyle dog.jpg painting.jpg --model vits14 --out painted.png --steps 100");
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
  add_refinement(verb, args->refine);
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_restyle(*args); });
}

}  // namespace troodon::cli
