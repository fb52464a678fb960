#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collection/picture.hpp"

namespace troodon::collection {

enum class Compare { equal, unequal, less, at_most, more, at_least, contains };

/// One comparison of a picture's column: path, label, width, height, bytes, id, or a column of the
/// table that it came with.
struct Condition {
  std::string column;
  Compare compare = Compare::equal;
  std::string value;
  std::optional<double> number;  ///< the value, if it is one: then columns are compared as numbers
};

/// All of them must hold; none: every picture.
using Filter = std::vector<Condition>;

/// "label = dog and width >= 500 and path ~ beach": =, !=, <, <=, >, >= and ~ (contains, without
/// regard to case), joined by `and`; values with spaces in double quotes. Throws Error
/// (Exit::usage) that shows the place.
Filter parse_filter(std::string_view text);

/// Whether a picture passes; what SQL says of the same filter agrees.
bool passes(const Filter& filter, const Picture& picture);

/// A condition as SQL with one placeholder (%) for each of its values. `cell` says how the store
/// writes a column: as text, or as a number.
struct SqlText {
  std::string where;                ///< "TRUE" for no condition
  std::vector<std::string> values;  ///< for the placeholders, in order; numbers as text
};
struct SqlDialect {
  std::string (*text)(const std::string& column);    ///< expression of type text
  std::string (*number)(const std::string& column);  ///< expression of a floating-point type, NULL
                                                     ///< where the cell is no number
  std::string (*placeholder)(int number, bool is_number);  ///< from 1
};
SqlText sql_of(const Filter& filter, const SqlDialect& dialect);

}  // namespace troodon::collection
