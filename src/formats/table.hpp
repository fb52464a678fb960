#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace troodon::formats {

/// A table of text with named columns; every row is as long as the header.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  /// The column's place, or header.size() if there is none.
  size_t column(std::string_view name) const;
};

/// The table in a file: .jsonl is lines of JSON, .tsv has tabs, all else commas. Throws Error.
Table read_table(const fs::path& file);

/// The column's place. Throws Error (exit 4) naming `origin` and the columns it has.
size_t needed_column(const Table& table, std::string_view name, const std::string& origin);

/// A cell as a number; NaN where it is none.
double number_of(const std::string& cell);

/// A cell of comma-separated text, in quotes where it needs them (RFC 4180).
std::string quoted_cell(const std::string& text);

/// Reads delimiter-separated text (RFC 4180: quotes, doubled quotes, line ends inside quotes; CRLF
/// and a byte-order mark are accepted; blank lines skipped). Throws Error (exit 4) with `origin`
/// and the line of a row that does not fit.
Table parse_table(std::string_view text, char delimiter, const std::string& origin);

/// Reads JSON objects, one per line, as a table whose columns are all keys in order of appearance;
/// values that are no strings are kept as JSON. Throws Error (exit 4) with `origin` and the line.
Table parse_json_lines(std::string_view text, const std::string& origin);

}  // namespace troodon::formats
