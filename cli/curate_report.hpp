#pragma once

#include <CLI/CLI.hpp>

namespace troodon::cli {

/// Adds `curate report`: a page about a curation run.
void add_curate_report(CLI::App& curate, int& status);

}  // namespace troodon::cli
