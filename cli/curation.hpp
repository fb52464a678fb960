#pragma once

#include <vector>

#include "stages/cluster.hpp"
#include "stages/look.hpp"
#include "stages/match.hpp"
#include "stages/retrieve.hpp"
#include "stages/sample.hpp"
#include "verbs.hpp"

namespace troodon::cli {

/// What the stages of curation are told.
struct CurateArgs {
  Common common;
  stages::SiftOptions sift;
  stages::DedupOptions dedup;
  stages::MatchOptions match;
  stages::RetrieveOptions retrieve;
  stages::ClusterOptions cluster;
  stages::SampleOptions sample;
};

// Each makes its stage and says what came of it; the exit code.
int run_sift(CurateArgs& args);
int run_dedup(CurateArgs& args);
int run_match(CurateArgs& args);
int run_retrieve(CurateArgs& args);
int run_cluster(CurateArgs& args);
int run_sample(CurateArgs& args);

}  // namespace troodon::cli
