#pragma once

#include "infer/extract.hpp"
#include "verbs.hpp"

namespace troodon::cli {

/// What the network sees, and what is kept of it.
void add_picture_flags(CLI::App& verb, infer::ExtractOptions& extract);

/// Where the rows go.
void add_output_flags(CLI::App& verb, infer::ExtractOptions& extract);

}  // namespace troodon::cli
