#pragma once

#include <string>
#include <vector>

namespace troodon::scorecard {

/// A table cell: escaped text, how strongly it is shaded (0 to 1; below 0: not at all), and whether
/// it stands out.
struct Cell {
  std::string text;
  double shade = -1;
  bool strong = false;
};

/// A table in a box that scrolls sideways where it is wider than the page. The first column and the
/// header are headings; `corner` names both, where they need it.
std::string table_html(const std::string& corner,
                       const std::vector<std::string>& columns,
                       const std::vector<std::pair<std::string, std::vector<Cell>>>& rows);

/// 0.1234 -> "0.123"; "–" where it is no number.
std::string three_digits(double value);

/// Paragraph of escaped text.
std::string paragraph(const std::string& text);

/// A sub-heading and what belongs to it.
std::string part(const std::string& title, const std::string& body);

/// Rules for the above, besides report::document_style.
std::string_view table_style();

}  // namespace troodon::scorecard
