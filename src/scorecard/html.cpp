#include "scorecard/html.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/text.hpp"

namespace troodon::scorecard {

using report::escape_html;

namespace {

std::string cell_html(const Cell& cell) {
  std::string style;
  // Shade is ink over the card, at most a third, so that text keeps its contrast in both themes.
  if (cell.shade >= 0 && std::isfinite(cell.shade))
    style = fmt::format(R"( style="--s:{:.0f}%")", 100 * std::min(cell.shade, 1.0));
  return fmt::format(
      "<td{}{}>{}</td>", cell.strong ? R"( class="lead")" : "", style, escape_html(cell.text));
}

}  // namespace

std::string table_html(const std::string& corner,
                       const std::vector<std::string>& columns,
                       const std::vector<std::pair<std::string, std::vector<Cell>>>& rows) {
  std::string out = R"(<div class="scroll"><table class="figures"><thead><tr>)";
  out += fmt::format(R"(<th scope="col">{}</th>)", escape_html(corner));
  for (const std::string& column : columns)
    out += fmt::format(R"(<th scope="col">{}</th>)", escape_html(column));
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& [name, cells] : rows) {
    out += fmt::format(R"(<tr><th scope="row">{}</th>)", escape_html(name));
    for (const Cell& cell : cells) out += cell_html(cell);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string three_digits(double value) {
  return std::isfinite(value) ? fmt::format("{:.3f}", value) : "–";
}

std::string paragraph(const std::string& text) {
  return fmt::format("<p class=\"note\">{}</p>\n", escape_html(text));
}

std::string part(const std::string& title, const std::string& body) {
  return fmt::format("<div class=\"card\"><h3>{}</h3>\n{}</div>\n", escape_html(title), body);
}

std::string_view table_style() {
  return R"css(
.figures { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
.figures th, .figures td { padding: .28rem .6rem; text-align: right; font-weight: 400;
  border-bottom: 1px solid var(--grid); white-space: nowrap; }
.figures thead th { color: var(--soft); vertical-align: bottom; }
.figures th:first-child { text-align: left; padding-left: 0; position: sticky; left: 0;
  background: var(--card); }
.figures td[style] { background: color-mix(in srgb, var(--c0) calc(var(--s) * .45), transparent);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.figures .lead { font-weight: 700; }
.strip { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .8rem; }
.strip figure { flex: 1 1 10rem; max-width: 22rem; min-width: 0; }
.strip img { width: 100%; height: auto; display: block; border-radius: 6px; }
.strip figcaption { font-size: .8rem; color: var(--soft); margin-top: .2rem;
  overflow-wrap: anywhere; }
.plot { max-width: 24rem; display: block; }
.plot text { font-size: 11px; fill: var(--soft); }
.plot .axis { stroke: var(--line); } .plot .ideal { stroke: var(--soft); stroke-dasharray: 3 3; }
.plot .bar { fill: var(--c0); opacity: .75; }
.note { max-width: 75ch; margin: .35rem 0; color: var(--soft); font-size: .92rem; }
.card > h3 { margin-bottom: .35rem; }
@media (max-width: 40rem) { .figures th:first-child { white-space: normal; min-width: 8rem; }
  .figures th, .figures td { padding: .28rem .4rem; } }
@media print { .figures th:first-child { position: static; } .strip figure { break-inside: avoid; }
  .card { break-inside: avoid-page; } }
)css";
}

}  // namespace troodon::scorecard
