#include <memory>

#include "curate_recipe.hpp"
#include "curation.hpp"

namespace troodon::cli {

void add_curate(CLI::App& app, int& status) {
  CLI::App& curate = add_verb(
      app,
      "curate",
      "Choose which pictures to learn from: no copies, no leaks, what is wanted, in balance.",
      "  troodon curate recipe.yaml\n"
      "  troodon curate recipe.yaml --dry-run --assume-pictures 100000000 --assume-ranks 8\n"
      "  troodon curate embed heap/ --model MODEL --out pool.safetensors\n"
      "  troodon curate dedup pool.safetensors --out kept.csv\n"
      "  troodon curate cluster pool.safetensors --only kept.csv --out clusters.safetensors\n"
      "  troodon curate sample pool.safetensors --only kept.csv --clusters clusters.safetensors "
      "--target 5000 --out set.csv");
  curate.require_subcommand(0, 1);
  auto recipe = std::make_shared<RecipeArgs>();
  add_recipe(curate, *recipe);
  curate.callback([&curate, recipe, &status] {
    if (curate.get_subcommands().empty()) status = run_recipe(*recipe);
  });
  add_stages(curate, std::make_shared<CurateArgs>(), [](const Said& said, const CurateArgs& args) {
    fmt::print("{}", args.common.json ? dump(said.json) + "\n" : said.text);
  });
}

}  // namespace troodon::cli
