#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "curate_report.hpp"
#include "recipe/embed.hpp"
#include "stages/cluster.hpp"
#include "stages/hand_over.hpp"
#include "stages/look.hpp"
#include "stages/match.hpp"
#include "stages/retrieve.hpp"
#include "stages/sample.hpp"
#include "team.hpp"

namespace troodon::cli {

/// What a stage did, for programs and for people.
struct Said {
  nlohmann::ordered_json json;
  std::string text;  ///< lines
};

/// As text; bytes that are no UTF-8, as of file names, are replaced.
std::string dump(const nlohmann::ordered_json& json);

/// What the stages of curation are told.
struct CurateArgs {
  Common common;
  recipe::EmbedOptions embed;
  stages::SiftOptions sift;
  stages::DedupOptions dedup;
  stages::MatchOptions match;
  stages::RetrieveOptions retrieve;
  stages::ClusterOptions cluster;
  stages::SampleOptions sample;
  stages::HandOverOptions hand_over;
  ReportArgs report;
  const Team* team = nullptr;  ///< of a recipe, whose stages share it
  bool check_only = false;     ///< only look whether the words are understood
};

/// Each makes its stage.
using Stage = std::function<Said(CurateArgs&, const stages::Running&)>;
Said run_embed(CurateArgs& args, const stages::Running& running);
Said run_sift(CurateArgs& args, const stages::Running& running);
Said run_dedup(CurateArgs& args, const stages::Running& running);
Said run_match(CurateArgs& args, const stages::Running& running);
Said run_retrieve(CurateArgs& args, const stages::Running& running);
Said run_cluster(CurateArgs& args, const stages::Running& running);
Said run_sample(CurateArgs& args, const stages::Running& running);
Said run_hand_over(CurateArgs& args, const stages::Running& running);
Said run_report(CurateArgs& args, const stages::Running& running);

// From pictures to files that stages read, and from a manifest to what training reads.
CLI::App& add_embed(CLI::App& curate, const std::shared_ptr<CurateArgs>& args);
CLI::App& add_hand_over(CLI::App& curate, const std::shared_ptr<CurateArgs>& args);

/// Adds the verbs of all stages; `hear` is told what one did, on the first rank.
using Hear = std::function<void(const Said&, const CurateArgs&)>;
void add_stages(CLI::App& curate, const std::shared_ptr<CurateArgs>& args, const Hear& hear);

}  // namespace troodon::cli
