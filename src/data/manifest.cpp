#include "data/manifest.hpp"

#include <algorithm>
#include <charconv>

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

Source open_rows(const formats::Table& table, const fs::path& file, const SourceOptions& options) {
  const ManifestColumns at = manifest_columns(table.header, options, file.string(), true);
  ManifestRows rows(options);
  for (const auto& row : table.rows) {
    const auto cell = [&](size_t column) -> const std::string& { return row[column]; };
    rows.add(at, file, cell, nullptr);
  }
  return rows.finish(file.string());
}

}  // namespace

ManifestColumns manifest_columns(const std::vector<std::string>& header,
                                 const SourceOptions& options,
                                 const std::string& origin,
                                 bool needs_path) {
  const auto place = [&](const std::string& name) {
    return static_cast<size_t>(std::ranges::find(header, name) - header.begin());
  };
  const auto wanted = [&](const std::string& name, const std::string& usual) {
    const size_t found = place(name.empty() ? usual : name);
    if (!name.empty() && found == header.size()) {
      fail(Exit::input,
           "{}: no column '{}'; its columns are {}",
           origin,
           name,
           fmt::join(header, ", "));
    }
    return found;
  };
  ManifestColumns out{.none = header.size(),
                      .path = needs_path ? wanted(options.path, "path") : header.size(),
                      .label = wanted(options.label, "label"),
                      .split = place("split"),
                      .group = options.group.empty() ? header.size() : wanted(options.group, ""),
                      .offset = place("offset"),
                      .bytes = place("bytes")};
  if (needs_path && out.path == out.none) out.path = place("file_name");
  if (needs_path && out.path == out.none) {
    fail(Exit::input,
         "{}: no column 'path'; its columns are {} (?path=COLUMN names another)",
         origin,
         fmt::join(header, ", "));
  }
  if (!options.split.empty() && out.split == out.none) {
    fail(Exit::input,
         "{}: split={} is wanted, but there is no column 'split'",
         origin,
         options.split);
  }
  return out;
}

void ManifestRows::add(const ManifestColumns& at,
                       const fs::path& file,
                       const Cell& cell,
                       Item* embedded) {
  if (at.split != at.none) ++splits_[cell(at.split)];
  if (!options_.split.empty() && cell(at.split) != options_.split) return;
  if (embedded != nullptr) {
    source_.items.push_back(std::move(*embedded));
  } else {
    const std::string& path = cell(at.path);
    Item item{.path = (file.parent_path() / path).string(), .id = path};
    if (at.offset != at.none && at.bytes != at.none) {
      item.offset = whole_number(cell(at.offset), file.string());
      item.bytes = whole_number(cell(at.bytes), file.string());
      if (item.bytes > 0) item.id += fmt::format("@{}", item.offset);
    }
    source_.items.push_back(std::move(item));
  }
  labels_.push_back(at.label == at.none ? "" : cell(at.label));
  if (at.group != at.none) source_.groups.push_back(cell(at.group));
}

std::string ManifestRows::split_counts() const {
  std::vector<std::string> counts;
  for (const auto& [name, count] : splits_) counts.push_back(fmt::format("{} ({})", name, count));
  return fmt::format("{}", fmt::join(counts, ", "));
}

Source ManifestRows::finish(const std::string& what) {
  const std::string counts = split_counts();
  if (source_.items.empty() && !options_.split.empty())
    fail(Exit::input, "{}: no row has split={}; there are {}", what, options_.split, counts);
  require_first(source_, what);
  number_labels(source_, labels_);
  describe(source_, what, counts.empty() ? "" : "splits " + counts);
  return std::move(source_);
}

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
