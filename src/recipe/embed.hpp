#pragma once

#include "infer/extract.hpp"
#include "stages/running.hpp"

namespace troodon::recipe {

struct EmbedOptions {
  infer::ExtractOptions extract;  ///< but ranks, threads, progress and observer
  fs::path looks;  ///< file for what sift and dedup want to know of the same pictures; "": not
  stages::Running running;
};

/// Features of every picture of a source, and in the same pass its fingerprint and quality. A call
/// that was stopped or killed goes on where it was; one whose result is there looks only for what
/// has changed. Throws Error.
infer::ExtractResult embed(const EmbedOptions& options);

}  // namespace troodon::recipe
