#pragma once

#include "verbs.hpp"

namespace troodon::cli {

/// `troodon curate RECIPE`.
struct RecipeArgs {
  Common common;
  std::string file;
  bool dry_run = false;
  int64_t pictures = 0;  ///< of a dry run; 0: those of the pool
  int64_t ranks = 1;     ///< of a dry run
};

/// Adds its options to the verb curate.
void add_recipe(CLI::App& curate, RecipeArgs& args);

/// Runs it, or says what it would do; the exit code.
int run_recipe(const RecipeArgs& args);

}  // namespace troodon::cli
