#include "stages/report/table.hpp"

#include "base/error.hpp"
#include "parquet/table.hpp"
#include "stages/manifest.hpp"

namespace troodon::stages {
namespace {

bool is_scalar(const parquet::Column& column) {
  return !column.is_list() && column.kind != parquet::Kind::bytes &&
         column.kind != parquet::Kind::other;
}

formats::Table read_parquet(const fs::path& file) {
  const parquet::File table = parquet::open_file(file);
  formats::Table out;
  std::vector<size_t> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (!is_scalar(table.columns[i])) continue;
    columns.push_back(i);
    out.header.push_back(table.columns[i].name);
  }
  for (size_t group = 0; group < table.groups.size(); ++group) {
    const size_t first = out.rows.size();
    out.rows.resize(first + static_cast<size_t>(table.groups[group].rows));
    for (const size_t column : columns) {
      auto texts = parquet::read_texts(table, group, column);
      for (size_t i = 0; i < texts.size(); ++i) out.rows[first + i].push_back(std::move(texts[i]));
    }
  }
  return out;
}

}  // namespace

formats::Table read_table(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".parquet") return read_parquet(file);
  if (extension != ".txt") return formats::read_table(file);
  formats::Table out{.header = {"path"}};
  for (std::string& path : read_paths(file)) out.rows.push_back({std::move(path)});
  return out;
}

}  // namespace troodon::stages
