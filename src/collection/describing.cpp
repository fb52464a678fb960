#include "collection/describing.hpp"

#include "base/error.hpp"
#include "formats/table.hpp"

namespace troodon::collection {

Descriptions::Descriptions(const std::string& folder, const fs::path& table) {
  if (table.empty()) return;
  has_table_ = true;
  const formats::Table read = formats::read_table(table);
  size_t path = read.column("path");
  if (path == read.header.size()) path = formats::needed_column(read, "file_name", table.string());
  const size_t label = read.column("label");
  for (const auto& cells : read.rows) {
    const fs::path name = cells[path];
    const std::string id =
        (name.is_absolute() ? name.lexically_relative(fs::absolute(folder)) : name)
            .lexically_normal()
            .generic_string();
    Row& row = rows_[id];
    if (label < cells.size()) row.label = cells[label];
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c != path && c != label && !cells[c].empty()) row.columns[read.header[c]] = cells[c];
    }
  }
}

void Descriptions::describe(Picture& picture) const {
  picture.label = fs::path(picture.path).parent_path().filename().string();
  const auto row = rows_.find(picture.path);
  if (row == rows_.end()) return;
  if (row->second.label) picture.label = *row->second.label;
  std::map<std::string, std::string> columns = row->second.columns;
  for (const char* own : {kTakenColumn, kCameraColumn}) {
    const auto known = picture.columns.find(own);
    if (known != picture.columns.end()) columns.insert(*known);
  }
  picture.columns = std::move(columns);
}

}  // namespace troodon::collection
