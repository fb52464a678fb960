#pragma once

#include "scorecard/trial.hpp"

namespace troodon::scorecard {

/// The name of the features that are judged, among those that they are compared with.
inline constexpr const char* kTrained = "trained";

/// What a page says of one trial.
struct Exhibit {
  std::string title, explanation;
  std::string body;  ///< HTML
};

/// All protocols side by side with what the paper reports of the official models, and what the
/// features can't do; one HTML file that loads nothing. Throws Error.
void write_page(const fs::path& file,
                const JudgeOptions& options,
                const std::vector<Entry>& entries,
                const std::vector<Exhibit>& exhibits);

/// The table of all contests as text, for a terminal.
std::string table_text(const std::vector<Entry>& entries);

}  // namespace troodon::scorecard
