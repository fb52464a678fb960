#include "formats/table.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace troodon::formats {
namespace {

/// Cuts text into records, one call each.
class Scanner {
 public:
  Scanner(std::string_view text, char delimiter, const std::string& origin)
      : text_(text), delimiter_(delimiter), origin_(origin) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }
  bool done() const { return at_ >= text_.size(); }
  size_t line() const { return line_; }

  std::vector<std::string> record() {
    std::vector<std::string> fields(1);
    while (!done()) {
      const char c = text_[at_++];
      if (c == '"' && fields.back().empty()) {
        quoted(fields.back());
      } else if (c == delimiter_) {
        fields.emplace_back();
      } else if (c == '\n') {
        break;
      } else if (c != '\r' || (!done() && text_[at_] != '\n')) {
        fields.back() += c;
      }
    }
    ++line_;
    return fields;
  }

 private:
  void quoted(std::string& field) {
    const size_t opened = line_;
    for (; !done(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
          ++at_;
          return;
        }
        ++at_;
      }
      line_ += c == '\n';
      field += c;
    }
    fail(Exit::input, "{}:{}: a quote is opened and never closed", origin_, opened);
  }

  std::string_view text_;
  char delimiter_;
  const std::string& origin_;
  size_t at_ = 0;
  size_t line_ = 1;
};

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// An object; null where there is none, or one nested so deeply that writing it would end the
/// stack.
Json parse_object(std::string_view text) {
  constexpr int kDeepest = 64;
  bool deep = false;
  const auto look = [&deep](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kDeepest;
    return !deep;
  };
  Json object = Json::parse(text, look, /*allow_exceptions=*/false);
  return object.is_object() && !deep ? object : Json();
}

}  // namespace

Table read_table(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".jsonl") return parse_json_lines(read_text(file), file.string());
  return parse_table(read_text(file), extension == ".tsv" ? '\t' : ',', file.string());
}

size_t needed_column(const Table& table, std::string_view name, const std::string& origin) {
  const size_t at = table.column(name);
  if (at == table.header.size())
    fail(Exit::input,
         "{}: no column {}; its columns are {}",
         origin,
         name,
         fmt::join(table.header, ", "));
  return at;
}

double number_of(const std::string& cell) {
  double value = 0;
  const char* end = cell.data() + cell.size();
  const auto read = std::from_chars(cell.data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? value
                                                   : std::numeric_limits<double>::quiet_NaN();
}

std::string quoted_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

size_t Table::column(std::string_view name) const {
  return static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin());
}

Table parse_table(std::string_view text, char delimiter, const std::string& origin) {
  Scanner scanner(text, delimiter, origin);
  Table table;
  if (scanner.done())
    fail(Exit::input, "{}: empty; wanted a header line such as path,label", origin);
  table.header = scanner.record();
  while (!scanner.done()) {
    const size_t line = scanner.line();
    std::vector<std::string> row = scanner.record();
    if (row.size() == 1 && row[0].empty()) continue;
    if (row.size() != table.header.size()) {
      fail(Exit::input,
           "{}:{}: {} fields, the header has {}",
           origin,
           line,
           row.size(),
           table.header.size());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table parse_json_lines(std::string_view text, const std::string& origin) {
  Table table;
  std::map<std::string, size_t> columns;
  size_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view one = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Json object = parse_object(one);
    if (object.is_null()) fail(Exit::input, "{}:{}: not one JSON object", origin, line);
    auto& row = table.rows.emplace_back(table.header.size());
    for (const auto& [key, value] : object.items()) {
      const auto [found, added] = columns.try_emplace(key, table.header.size());
      if (added) table.header.push_back(key), row.emplace_back();
      row[found->second] = text_of(value);
    }
  }
  for (auto& row : table.rows) row.resize(table.header.size());
  if (table.rows.empty()) fail(Exit::input, "{}: holds no JSON object", origin);
  return table;
}

}  // namespace troodon::formats
