#pragma once

#include <string>
#include <vector>

#include "stages/report.hpp"
#include "verbs.hpp"

namespace troodon::cli {

/// What `curate report` is told.
struct ReportArgs {
  stages::ReportOptions report;
  std::vector<std::string> stages, removed;  ///< NAME=FILE
};

/// Adds `curate report`: a page about a curation run.
CLI::App& add_report(CLI::App& curate, ReportArgs& args, Common& common);

}  // namespace troodon::cli
