#pragma once

#include "recipe/recipe.hpp"

namespace troodon::recipe {

/// A command that makes one stage: `troodon curate` and these words. Whoever prefers to may run
/// the commands of a plan by hand, or give them to a scheduler.
struct Command {
  std::string stage;
  std::vector<std::string> words;    ///< the stage's verb first
  std::vector<std::string> sources;  ///< of pictures that it reads
  std::vector<fs::path> reads, writes;
  int line = 0;  ///< of the recipe
};

/// The commands of a recipe, in order: first what embeds the pool, test sets and seeds. Each stage
/// looks at the pictures that the last one left. Throws Error (exit 3) where a stage lacks another
/// before it.
std::vector<Command> plan(const Recipe& recipe);

/// A command as one would type it.
std::string text_of(const Command& command);

}  // namespace troodon::recipe
