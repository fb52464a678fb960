#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "data/kinds.hpp"
#include "formats/table.hpp"

namespace troodon::data {
namespace {

/// A list that points nowhere should fail now, not after an hour; single missing files are data.
void require_first(const Source& source, const std::string& origin) {
  if (source.items.empty()) fail(Exit::input, "{}: lists no pictures", origin);
  const std::string& first = source.items.front().path;
  if (!fs::exists(first)) {
    fail(Exit::input,
         "{}: its first entry is not at {} (paths are relative to the list's folder)",
         origin,
         first);
  }
}

uint64_t whole_number(const std::string& text, const std::string& origin) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end)
    fail(Exit::input, "{}: '{}' is no number of bytes", origin, text);
  return value;
}

/// The places of the columns that mean something; header.size(): there is none.
struct Columns {
  size_t none, path, label, split, group, offset, bytes;
};

Columns columns_of(const formats::Table& table,
                   const SourceOptions& options,
                   const std::string& origin) {
  const auto wanted = [&](const std::string& name, const std::string& usual) {
    const size_t found = table.column(name.empty() ? usual : name);
    if (!name.empty() && found == table.header.size()) {
      fail(Exit::input,
           "{}: no column '{}'; its columns are {}",
           origin,
           name,
           fmt::join(table.header, ", "));
    }
    return found;
  };
  Columns out{.none = table.header.size(),
              .path = wanted(options.path, "path"),
              .label = wanted(options.label, "label"),
              .split = table.column("split"),
              .group = options.group.empty() ? table.header.size() : wanted(options.group, ""),
              .offset = table.column("offset"),
              .bytes = table.column("bytes")};
  if (out.path == out.none) out.path = table.column("file_name");
  if (out.path == out.none) {
    fail(Exit::input,
         "{}: no column 'path'; its columns are {} (?path=COLUMN names another)",
         origin,
         fmt::join(table.header, ", "));
  }
  if (!options.split.empty() && out.split == out.none) {
    fail(Exit::input,
         "{}: split={} is wanted, but there is no column 'split'",
         origin,
         options.split);
  }
  return out;
}

std::string split_counts(const formats::Table& table, const Columns& at) {
  std::map<std::string, size_t> splits;
  if (at.split != at.none) {
    for (const auto& row : table.rows) ++splits[row[at.split]];
  }
  std::vector<std::string> counts;
  for (const auto& [name, count] : splits) counts.push_back(fmt::format("{} ({})", name, count));
  return fmt::format("{}", fmt::join(counts, ", "));
}

Source open_rows(const formats::Table& table, const fs::path& file, const SourceOptions& options) {
  const Columns at = columns_of(table, options, file.string());
  Source source;
  std::vector<std::string> labels;
  for (const auto& row : table.rows) {
    if (!options.split.empty() && row[at.split] != options.split) continue;
    Item item{.path = (file.parent_path() / row[at.path]).string(), .id = row[at.path]};
    if (at.offset != at.none && at.bytes != at.none) {
      item.offset = whole_number(row[at.offset], file.string());
      item.bytes = whole_number(row[at.bytes], file.string());
      if (item.bytes > 0) item.id += fmt::format("@{}", item.offset);
    }
    source.items.push_back(std::move(item));
    labels.push_back(at.label == at.none ? "" : row[at.label]);
    if (at.group != at.none) source.groups.push_back(row[at.group]);
  }
  const std::string counts = split_counts(table, at);
  if (source.items.empty() && !options.split.empty()) {
    fail(
        Exit::input, "{}: no row has split={}; there are {}", file.string(), options.split, counts);
  }
  require_first(source, file.string());
  number_labels(source, labels);
  describe(source, file.string(), counts.empty() ? "" : "splits " + counts);
  return source;
}

}  // namespace

Source open_list(std::string text, const std::string& origin, const fs::path& base) {
  Source source;
  std::vector<std::string> labels;
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    labels.push_back(tab == std::string::npos ? "" : line.substr(tab + 1));
    const std::string name = line.substr(0, tab);
    source.items.push_back({.path = (base / name).string(), .id = name});
  }
  require_first(source, origin);
  number_labels(source, labels);
  describe(source, origin, "");
  return source;
}

Source open_table(const fs::path& file, char delimiter, const SourceOptions& options) {
  return open_rows(formats::parse_table(read_text(file), delimiter, file.string()), file, options);
}

Source open_json_lines(const fs::path& file, const SourceOptions& options) {
  return open_rows(formats::parse_json_lines(read_text(file), file.string()), file, options);
}

}  // namespace troodon::data
