#pragma once

#include <string>
#include <vector>

#include "stages/report/thumbnail.hpp"

// Pieces of the page.
namespace troodon::stages {

/// 12345 -> "12,345".
std::string count_text(int64_t count);

/// A bar for each stage: what stays, and what went by reason.
std::string funnel_html(const std::vector<StageNumbers>& stages, int64_t pool);

/// A table of a label's or a group's values, and how even they are before and after.
std::string spread_html(const Spread& spread);

/// A section's pictures.
std::string exhibit_html(const Exhibit& exhibit, const Thumbnails& thumbnails);

}  // namespace troodon::stages
