#include "stages/manifest.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/table.hpp"
#include "parquet/table.hpp"
#include "stages/report/table.hpp"

namespace troodon::stages {
namespace {

using Texts = std::vector<std::string>;
using Numbers = std::vector<int64_t>;
using Reals = std::vector<double>;

int64_t length(const Column& column) {
  return std::visit([](const auto& values) { return static_cast<int64_t>(values.size()); },
                    column.values);
}

std::string cell(const Column& column, size_t row) {
  if (const auto* texts = std::get_if<Texts>(&column.values)) return (*texts)[row];
  if (const auto* numbers = std::get_if<Numbers>(&column.values))
    return std::to_string((*numbers)[row]);
  const double value = std::get<Reals>(column.values)[row];
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "";
}

void write_csv(std::ostream& out, const Manifest& manifest) {
  const auto line = [&](const auto& cell_of) {
    for (size_t i = 0; i < manifest.columns.size(); ++i)
      out << (i > 0 ? "," : "") << formats::quoted_cell(cell_of(manifest.columns[i]));
    out << "\n";
  };
  line([](const Column& column) { return column.name; });
  for (int64_t row = 0; row < manifest.rows(); ++row)
    line([&](const Column& column) { return cell(column, static_cast<size_t>(row)); });
}

void write_json_lines(std::ostream& out, const Manifest& manifest) {
  for (size_t row = 0; row < static_cast<size_t>(manifest.rows()); ++row) {
    nlohmann::ordered_json object;
    for (const Column& column : manifest.columns) {
      std::visit([&](const auto& values) { object[column.name] = values[row]; }, column.values);
    }
    // File names need not be UTF-8; such bytes are replaced rather than refused.
    out << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  }
}

void write_parquet(std::ostream& out, const Manifest& manifest) {
  constexpr int64_t kGroup = 1 << 17;  // rows
  std::vector<parquet::Column> columns;
  for (const Column& column : manifest.columns) {
    const auto kind = std::holds_alternative<Texts>(column.values)     ? parquet::Kind::text
                      : std::holds_alternative<Numbers>(column.values) ? parquet::Kind::int64
                                                                       : parquet::Kind::float64;
    columns.push_back({.name = column.name, .kind = kind});
  }
  parquet::Writer writer(out, columns);
  for (int64_t first = 0; first < manifest.rows(); first += kGroup) {
    const int64_t end = std::min(first + kGroup, manifest.rows());
    std::vector<parquet::Cells> cells(columns.size());
    const auto part = [&](const auto& values, auto& to) {
      to.assign(values.begin() + first, values.begin() + end);
    };
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto& values = manifest.columns[i].values;
      if (const auto* texts = std::get_if<Texts>(&values)) part(*texts, cells[i].texts);
      if (const auto* numbers = std::get_if<Numbers>(&values)) part(*numbers, cells[i].numbers);
      if (const auto* reals = std::get_if<Reals>(&values)) part(*reals, cells[i].reals);
    }
    writer.row_group(end - first, cells);
  }
  writer.finish({});
}

std::vector<std::string> parquet_paths(const fs::path& file) {
  const parquet::File table = parquet::open_file(file);
  std::vector<std::string> out;
  for (size_t group = 0; group < table.groups.size(); ++group) {
    for (auto& path : parquet::read_texts(table, group, table.column("path")))
      out.push_back(std::move(path));
  }
  return out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('\t'));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

}  // namespace

int64_t Manifest::rows() const {
  return columns.empty() ? 0 : length(columns.front());
}

fs::path removed_beside(const fs::path& out) {
  return fs::path(out).replace_extension(".removed" + out.extension().string());
}

void check_manifest_name(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension != ".csv" && extension != ".jsonl" && extension != ".parquet")
    fail(Exit::usage, "{}: a manifest is kept as .csv, .jsonl or .parquet", file.string());
}

void write_manifest(const fs::path& file, const Manifest& manifest) {
  check_manifest_name(file);
  for (const Column& column : manifest.columns) {
    if (length(column) != manifest.rows())
      fail("{}: column {} has {} rows, the first has {}",
           file.string(),
           column.name,
           length(column),
           manifest.rows());
  }
  const std::string extension = file.extension().string();
  const auto write = extension == ".csv"     ? write_csv
                     : extension == ".jsonl" ? write_json_lines
                                             : write_parquet;
  write_atomically(file, [&](std::ostream& out) { write(out, manifest); });
}

std::vector<std::string> read_paths(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".parquet") return parquet_paths(file);
  if (extension == ".txt") return lines_of(read_text(file));
  const formats::Table table = read_table(file);
  const size_t at = needed_column(table, "path", file);
  std::vector<std::string> out;
  for (const auto& row : table.rows) out.push_back(row[at]);
  return out;
}

}  // namespace troodon::stages
