#include "scorecard/by_group.hpp"

#include <cmath>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "formats/table.hpp"
#include "scorecard/exhibits.hpp"
#include "scorecard/html.hpp"

namespace troodon::scorecard {
namespace {

size_t name_column(const formats::Table& table, const fs::path& file) {
  const size_t id = table.column("id");
  return id < table.header.size() ? id : formats::needed_column(table, "path", file.string());
}

}  // namespace

std::vector<std::string> column_for(const std::vector<std::string>& ids,
                                    const fs::path& file,
                                    const std::string& column) {
  const formats::Table table = formats::read_table(file);
  const size_t name = name_column(table, file);
  const size_t value = formats::needed_column(table, column, file.string());
  // Ids are relative to their source, paths of a table perhaps to a folder above it: first the
  // whole name counts, then the ends of paths to a file of that name.
  std::map<std::string, size_t> known;
  std::multimap<std::string, size_t> by_file;
  for (size_t row = 0; row < table.rows.size(); ++row) known[table.rows[row][name]] = row;
  for (const auto& [path, row] : known) by_file.emplace(fs::path(path).filename().string(), row);
  const auto row_of = [&](const std::string& id) -> std::optional<size_t> {
    if (const auto at = known.find(id); at != known.end()) return at->second;
    const auto [first, last] = by_file.equal_range(fs::path(id).filename().string());
    for (auto at = first; at != last; ++at)
      if (table.rows[at->second][name].ends_with("/" + id)) return at->second;
    return std::nullopt;
  };
  std::vector<std::string> out;
  size_t found = 0;
  for (const std::string& id : ids) {
    const auto row = row_of(id);
    found += row ? 1 : 0;
    out.push_back(row ? table.rows[*row][value] : "");
  }
  if (found == 0)
    fail(Exit::input,
         "{}: knows none of the {} pictures; the first is called {} here and {} there",
         file.string(),
         ids.size(),
         ids.empty() ? "nothing" : ids.front(),
         table.rows.empty() ? "nothing" : table.rows.front()[name]);
  return out;
}

metrics::GroupReport split(const PictureValues& pictures,
                           const std::vector<std::string>& group_of_picture,
                           uint64_t seed) {
  return metrics::groups_of(group_of_picture,
                            std::span<const double>(pictures.values),
                            {.seed = seed, .higher_is_better = pictures.better == Better::higher});
}

std::string by_group_html(const PictureValues& pictures,
                          const std::vector<std::string>& columns,
                          const fs::path& table) {
  std::string out;
  if (pictures.values.empty()) return out;
  for (const std::string& column : columns)
    out += part(fmt::format("{} by {}", pictures.name, column),
                groups_html(column, split(pictures, column_for(pictures.ids, table, column))));
  return out;
}

PictureValues read_values(const fs::path& file, const std::string& column) {
  const formats::Table table = formats::read_table(file);
  const size_t name = name_column(table, file);
  const size_t value = formats::needed_column(table, column, file.string());
  PictureValues out{.name = column};
  for (const auto& row : table.rows) {
    out.ids.push_back(row[name]);
    out.values.push_back(formats::number_of(row[value]));
    if (std::isnan(out.values.back()) && row[value] != "nan")
      fail(Exit::input,
           "{}: {} of {} is {}, which is no number",
           file.string(),
           column,
           row[name],
           row[value]);
  }
  return out;
}

}  // namespace troodon::scorecard
