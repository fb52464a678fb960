#pragma once

#include <memory>
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

/// What tables call a data set: its folder's name, without a split at the end of it.
std::string data_name(const std::string& source);

/// A protocol's verb: the flags of all of them, then `trial_of(args)` when it is called.
template <class Args, class TrialOf>
void complete(CLI::App& verb, std::shared_ptr<Args> args, int& status, TrialOf trial_of) {
  add_eval_flags(verb, *args);
  verb.callback([args, &status, trial_of] { status = run_trials(*args, {trial_of(*args)}); });
}

/// The head that --head names, and its flags; used by `head train`, too.
void add_class_flags(CLI::App& verb, evaluate::ClassifyOptions& options);

/// Blocks, steps, rate.
void add_mask_flags(CLI::App& verb, evaluate::SegmentOptions& options);

/// Depths that count, decoder, steps.
void add_depth_flags(CLI::App& verb, evaluate::DepthOptions& options);

// Groups of protocols, one file each.
void add_eval_whole(CLI::App& eval, int& status);  ///< classes, domains, damage, retrieval, copies
void add_eval_dense(CLI::App& eval, int& status);  ///< masks, depth, video, matching
void add_eval_sets(CLI::App& eval, int& status);   ///< all, groups

}  // namespace troodon::cli
