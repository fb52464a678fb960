#include "collection/filter.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/error.hpp"

namespace troodon::collection {
namespace {

struct Sign {
  std::string_view text;
  Compare compare;
};
/// Longer signs first.
constexpr std::array<Sign, 7> kSigns = {{{"!=", Compare::unequal},
                                         {"<=", Compare::at_most},
                                         {">=", Compare::at_least},
                                         {"=", Compare::equal},
                                         {"<", Compare::less},
                                         {">", Compare::more},
                                         {"~", Compare::contains}}};

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Filter parse() {
    Filter out;
    skip();
    while (at_ < text_.size()) {
      if (!out.empty()) need_and();
      out.push_back(condition());
      skip();
    }
    return out;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  [[noreturn]] void complain(const char* wanted) const {
    fail(Exit::usage,
         "filter: {} is missing at '{}' (place {}); write it like: label = dog and width >= 500",
         wanted,
         text_.substr(std::min(at_, text_.size())),
         at_ + 1);
  }
  void need_and() {
    if (lower(std::string(text_.substr(at_, 3))) != "and") complain("'and'");
    at_ += 3;
    skip();
  }
  Condition condition() {
    Condition out;
    const size_t start = at_;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) &&
           sign_at(at_) == nullptr)
      ++at_;
    out.column = text_.substr(start, at_ - start);
    if (out.column.empty()) complain("a column's name");
    skip();
    const Sign* sign = sign_at(at_);
    if (sign == nullptr) complain("one of = != < <= > >= ~");
    out.compare = sign->compare;
    at_ += sign->text.size();
    skip();
    bool quoted = false;
    out.value = value(quoted);
    if (!quoted && out.compare != Compare::contains) out.number = number_of(out.value);
    return out;
  }
  const Sign* sign_at(size_t at) const {
    for (const Sign& sign : kSigns) {
      if (text_.substr(at).starts_with(sign.text)) return &sign;
    }
    return nullptr;
  }
  std::string value(bool& quoted) {
    if (at_ >= text_.size()) complain("a value");
    quoted = text_[at_] == '"';
    std::string out;
    if (!quoted) {
      while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])))
        out += text_[at_++];
      return out;
    }
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    if (at_ == text_.size()) complain("the closing \"");
    ++at_;
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
};

/// A column's cell as text; "" where the picture has none.
std::string cell_of(const Picture& picture, const std::string& column) {
  if (column == "path") return picture.path;
  if (column == "label") return picture.label;
  if (column == "id") return std::to_string(picture.id);
  if (column == "width") return std::to_string(picture.width);
  if (column == "height") return std::to_string(picture.height);
  if (column == "bytes") return std::to_string(picture.file.bytes);
  const auto found = picture.columns.find(column);
  return found == picture.columns.end() ? "" : found->second;
}

template <class T>
bool holds(Compare compare, const T& a, const T& b) {
  switch (compare) {
    case Compare::equal:
      return a == b;
    case Compare::unequal:
      return a != b;
    case Compare::less:
      return a < b;
    case Compare::at_most:
      return a <= b;
    case Compare::more:
      return a > b;
    case Compare::at_least:
      return a >= b;
    case Compare::contains:
      return false;
  }
  return false;
}

std::string escaped_pattern(const std::string& text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

const char* sql_sign(Compare compare) {
  switch (compare) {
    case Compare::equal:
      return "=";
    case Compare::unequal:
      return "<>";
    case Compare::less:
      return "<";
    case Compare::at_most:
      return "<=";
    case Compare::more:
      return ">";
    case Compare::at_least:
      return ">=";
    case Compare::contains:
      return "LIKE";
  }
  return "=";
}

}  // namespace

Filter parse_filter(std::string_view text) {
  return Parser(text).parse();
}

bool passes(const Filter& filter, const Picture& picture) {
  return std::ranges::all_of(filter, [&](const Condition& c) {
    const std::string cell = cell_of(picture, c.column);
    if (c.compare == Compare::contains)
      return lower(cell).find(lower(c.value)) != std::string::npos;
    if (!c.number) return holds(c.compare, cell, c.value);
    const auto number = number_of(cell);
    return number ? holds(c.compare, *number, *c.number) : c.compare == Compare::unequal;
  });
}

SqlText sql_of(const Filter& filter, const SqlDialect& dialect) {
  SqlText out;
  for (const Condition& c : filter) {
    if (!out.where.empty()) out.where += " AND ";
    const std::string sign = sql_sign(c.compare);
    const bool number = c.number.has_value();
    out.values.push_back(c.compare == Compare::contains ? escaped_pattern(lower(c.value))
                                                        : c.value);
    const std::string place = dialect.placeholder(static_cast<int>(out.values.size()), number);
    if (c.compare == Compare::contains)
      out.where += fmt::format("LOWER({}) LIKE {} ESCAPE '\\'", dialect.text(c.column), place);
    else if (!number)
      out.where += fmt::format("{} {} {}", dialect.text(c.column), sign, place);
    else if (c.compare == Compare::unequal)  // what is no number differs from every number
      out.where += fmt::format("COALESCE({} <> {}, TRUE)", dialect.number(c.column), place);
    else
      out.where += fmt::format("COALESCE({} {} {}, FALSE)", dialect.number(c.column), sign, place);
  }
  if (out.where.empty()) out.where = "TRUE";
  return out;
}

}  // namespace troodon::collection
