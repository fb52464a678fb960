#pragma once

#include "metrics/groups.hpp"
#include "scorecard/trial.hpp"

namespace troodon::scorecard {

/// The value that a table's column has for each id (by the column path, or id); "" where the table
/// does not know it. Throws Error (exit 4) if it knows none or has no such column.
std::vector<std::string> column_for(const std::vector<std::string>& ids,
                                    const fs::path& table,
                                    const std::string& column);

/// A value per picture split by a column: who is served badly.
metrics::GroupReport split(const PictureValues& pictures,
                           const std::vector<std::string>& group_of_picture,
                           uint64_t seed = 0);

/// A table for each column; "" without columns or values.
std::string by_group_html(const PictureValues& pictures,
                          const std::vector<std::string>& columns,
                          const fs::path& table);

/// Reads a table of values by picture (a column path, and `column`). Throws Error (exit 4).
PictureValues read_values(const fs::path& file, const std::string& column);

}  // namespace troodon::scorecard
