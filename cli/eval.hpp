#pragma once

#include <functional>
#include <vector>

#include "scorecard/trials.hpp"
#include "verbs.hpp"

namespace troodon::cli {

/// What every protocol of `troodon eval` asks for.
struct EvalArgs {
  Common common;
  scorecard::JudgeOptions judge;
  bool overwrite = false;
};

/// The flags of EvalArgs.
void add_eval_flags(CLI::App& verb, EvalArgs& args);

/// Which network looks, how large, where features are kept; used by `head train`, too.
void add_looking_flags(CLI::App& verb, evaluate::Looking& looking);
void take_common(const Common& common, evaluate::Looking& looking);

/// Runs trials and prints their table. -> exit code.
int run_trials(EvalArgs& args, const std::vector<scorecard::Trial>& trials);

/// The head that --head names, and its flags; used by `head train`, too.
void add_class_flags(CLI::App& verb, evaluate::ClassifyOptions& options);

/// Depths that count, decoder, steps.
void add_depth_flags(CLI::App& verb, evaluate::DepthOptions& options);

// Groups of protocols, one file each.
void add_eval_whole(CLI::App& eval, int& status);  ///< classes, domains, damage, retrieval, copies
void add_eval_dense(CLI::App& eval, int& status);  ///< masks, depth, video, matching
void add_eval_sets(CLI::App& eval, int& status);   ///< all, groups

}  // namespace troodon::cli
