#include "curate_recipe.hpp"

#include <algorithm>
#include <chrono>

#include "base/disk.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "curation.hpp"
#include "recipe/cost.hpp"
#include "recipe/journal.hpp"

namespace troodon::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr int64_t kSample = 48;  // pictures that a dry run measures with

/// Makes one command of a plan with the same options as on the command line; without a team it is
/// only checked.
Said make(const recipe::Recipe& recipe,
          const recipe::Command& command,
          const Common& common,
          const Team* team) {
  Said heard;
  auto args = std::make_shared<CurateArgs>();
  args->common = common;
  args->team = team;
  args->check_only = team == nullptr;
  CLI::App app;
  add_stages(app, args, [&](const Said& said, const CurateArgs&) { heard = said; });
  try {
    app.parse(std::vector<std::string>(command.words.rbegin(), command.words.rend()));
  } catch (const CLI::ParseError& error) {
    const auto left = app.remaining(/*recurse=*/true);
    fail(Exit::config,
         "{}, line {}: {}: {}; `troodon curate {} --help` names its settings",
         recipe.file.string(),
         command.line,
         command.stage,
         left.empty() ? error.what() : fmt::format("no setting {}", left.front()),
         command.stage);
  }
  return heard;
}

std::string amount(double seconds) {
  if (seconds < 48 * 3600) return duration_text(seconds);
  return fmt::format("{:.1f} days", seconds / 86400);
}

int say_costs(const recipe::Recipe& recipe,
              const std::vector<recipe::Command>& commands,
              const RecipeArgs& args,
              const Team& team) {
  const recipe::Rates rates = recipe::measure_rates(recipe, kSample, team.running.threads);
  const int64_t pictures = args.pictures > 0 ? args.pictures : rates.pictures;
  Json stages = Json::array();
  double seconds = 0;
  uint64_t memory = 0, disk = 0;
  if (!args.common.json)
    fmt::print("{} pictures, if all of them stay:\n{:>16} {:>10} {:>10}\n",
               pictures,
               "time",
               "memory",
               "disk");
  for (const auto& command : commands) {
    const recipe::Cost cost = cost_of(command, rates, pictures, args.ranks);
    seconds += cost.seconds, disk += cost.disk, memory = std::max(memory, cost.memory);
    stages.push_back({{"command", text_of(command)},
                      {"seconds", cost.seconds},
                      {"memory", cost.memory},
                      {"disk", cost.disk}});
    if (!args.common.json)
      fmt::print("{:>16} {:>10} {:>10}  {}\n",
                 amount(cost.seconds),
                 size_text(cost.memory),
                 size_text(cost.disk),
                 text_of(command));
  }
  if (args.common.json) {
    fmt::print("{}\n",
               Json{{"dry_run", true},
                    {"pictures", pictures},
                    {"ranks", args.ranks},
                    {"seconds", seconds},
                    {"memory", memory},
                    {"disk", disk},
                    {"stages", stages}}
                   .dump());
  } else {
    fmt::print("{:>16} {:>10} {:>10}  in all, on {} like this machine\n",
               amount(seconds),
               size_text(memory),
               size_text(disk),
               args.ranks);
  }
  return 0;
}

/// All ranks do what the first finds in the journal.
bool is_done(const recipe::Journal& journal, const recipe::Command& command, Ranks& ranks) {
  int64_t done = ranks.first() && journal.is_done(command) ? 1 : 0;
  ranks.add({&done, 1});
  return done > 0;
}

int run_stages(const recipe::Recipe& recipe,
               const std::vector<recipe::Command>& commands,
               const RecipeArgs& args,
               const Team& team) {
  recipe::Journal journal(recipe.out);
  Json all = Json::array();
  size_t number = 0;
  for (const auto& command : commands) {
    const std::string place = fmt::format("{}/{} {}", ++number, commands.size(), command.stage);
    if (is_done(journal, command, *team.ranks)) {
      log_info("{}: done already", place);
      continue;
    }
    log_info("{}: {}", place, text_of(command));
    const auto start = std::chrono::steady_clock::now();
    const Said said = make(recipe, command, args.common, &team);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!team.running.first()) continue;
    journal.note(command, took.count(), dump(said.json));
    all.push_back({{"stage", command.stage}, {"said", said.json}});
    if (!args.common.json) fmt::print("{}: {}", place, said.text);
  }
  if (team.silent()) return 0;
  if (args.common.json)
    fmt::print("{}\n", Json{{"out", recipe.out.string()}, {"stages", all}}.dump());
  else
    fmt::print("-> {}\n", recipe.out.string());
  return 0;
}

}  // namespace

void add_recipe(CLI::App& curate, RecipeArgs& args) {
  curate.add_option("recipe", args.file, "YAML file of stages (docs/curation.md)");
  curate.add_flag(
      "--dry-run",
      args.dry_run,
      "only say the commands, and what time, memory and disk they are expected to take");
  curate
      .add_option(
          "--assume-pictures", args.pictures, "of a dry run: for so many instead of the pool's")
      ->check(CLI::PositiveNumber);
  curate.add_option("--assume-ranks", args.ranks, "of a dry run: on so many machines like this")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_common(curate, args.common);
}

int run_recipe(const RecipeArgs& args) {
  if (args.file.empty())
    fail(Exit::usage, "give a recipe (a YAML file of stages) or a stage; see --help");
  const recipe::Recipe recipe = recipe::read_recipe(args.file);
  const auto commands = plan(recipe);
  for (const auto& command : commands) make(recipe, command, args.common, nullptr);
  const Team team(args.common);
  if (args.dry_run) return team.silent() ? 0 : say_costs(recipe, commands, args, team);
  return run_stages(recipe, commands, args, team);
}

}  // namespace troodon::cli
