#pragma once

#include <string>

#include "base/file.hpp"
#include "data/source.hpp"

namespace troodon::datasets {

/// The file that a table in `folder` means by `path`: relative to the folder, or to the one above
/// it (tables that name their own folder, too). Throws Error (exit 4) naming the table.
fs::path file_of(const fs::path& folder, const std::string& path, const fs::path& table);

/// A picture file as an item; its id is the path below `root`.
data::Item picture_item(const fs::path& file, const fs::path& root);

/// A picture named without its extension. Throws Error (exit 4).
fs::path picture_named(const fs::path& folder, const std::string& stem);

/// Lines of a text file without blanks at their ends; empty ones are left out.
std::vector<std::string> lines_of(const fs::path& file);

}  // namespace troodon::datasets
