#include "data/table.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace troodon::data {
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

}  // namespace

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

}  // namespace troodon::data
