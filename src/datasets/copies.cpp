#include "datasets/copies.hpp"

#include <map>

#include "base/error.hpp"
#include "datasets/place.hpp"
#include "formats/table.hpp"

namespace troodon::datasets {

CopySet open_copies(const fs::path& folder) {
  const bool gnd = fs::exists(folder / "gnd.csv");
  const fs::path file = folder / (gnd ? "gnd.csv" : "pairs.csv");
  const auto table = formats::read_table(file);
  const size_t query = needed_column(table, gnd ? "query" : "copy", file.string());
  const size_t original = needed_column(table, "original", file.string());
  const size_t change = table.column(gnd ? "transform" : "change");
  CopySet out;
  std::map<std::string, int64_t> known;
  for (const auto& row : table.rows) {
    const auto [at, added] = known.try_emplace(row[original], static_cast<int64_t>(known.size()));
    if (added)
      out.references.items.push_back(picture_item(file_of(folder, row[original], file), folder));
    out.queries.items.push_back(picture_item(file_of(folder, row[query], file), folder));
    out.original.push_back(at->second);
    out.change.push_back(change == table.header.size() ? "" : row[change]);
  }
  if (out.queries.items.empty()) fail(Exit::input, "{}: names no copy", file.string());
  out.queries.description = fmt::format("{}: {} copies of {} pictures",
                                        folder.string(),
                                        out.queries.items.size(),
                                        out.references.items.size());
  return out;
}

}  // namespace troodon::datasets
