#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/text.hpp"
#include "stages/report/html.hpp"

namespace troodon::stages {
namespace {

constexpr size_t kOpenRows = 25;   ///< further ones are folded
constexpr size_t kAllRows = 1000;  ///< further ones are counted

double share(int64_t count, int64_t all) {
  return all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
}

/// A share in percent; small ones with a digit more.
std::string percent(double share) {
  return fmt::format("{:.{}f}", 100 * share, share > 0 && share < 0.01 ? 2 : 1);
}

std::string amount(int64_t count, int64_t all) {
  return fmt::format("{} <small>{} %</small>", count_text(count), percent(share(count, all)));
}

std::string verdict(const Share& s) {
  if (s.represented == Represented::over) return R"(<span class="over">▲ over</span>)";
  if (s.represented == Represented::under) return R"(<span class="under">▼ under</span>)";
  return "<span></span>";  // as wide, so that ratios stand in line
}

std::string bars(double before, double after) {
  return fmt::format(
      R"(<i class="before" style="width:{:.2f}%"></i><i class="after" style="width:{:.2f}%"></i>)",
      100 * before,
      100 * after);
}

std::string row_html(const Share& s, const Spread& of, double longest) {
  if (s.name.empty())
    return fmt::format(
        R"(<tr class="unknown"><th scope="row">not known</th><td></td><td>{}</td><td>{}</td>
<td></td><td></td></tr>
)",
        count_text(s.pool),
        count_text(s.set));
  return fmt::format(
      R"(<tr><th scope="row">{}</th><td class="pair" aria-hidden="true">{}</td><td>{}</td><td>{}</td>
<td>{} {}</td><td>{}–{} %</td></tr>
)",
      report::escape_html(s.name),
      bars(share(s.pool, of.pool) / longest, share(s.set, of.set) / longest),
      amount(s.pool, of.pool),
      amount(s.set, of.set),
      std::isfinite(s.ratio) ? fmt::format("× {:.2f}", s.ratio) : "–",
      verdict(s),
      percent(s.low),
      percent(s.high));
}

std::string table_html(const Spread& spread, size_t first, size_t end) {
  double longest = 0;
  for (const Share& s : spread.shares) {
    if (!s.name.empty())
      longest = std::max({longest, share(s.pool, spread.pool), share(s.set, spread.set)});
  }
  const std::string name = report::escape_html(spread.column);
  std::string out = fmt::format(
      R"(<div class="scroll" tabindex="0" role="region" aria-label="Table of {0}"><table class="shares">
<thead><tr><th scope="col">{0}</th><th scope="col"><span class="before">pool</span>
<span class="after">set</span></th><th scope="col">in the pool</th><th scope="col">in the set</th>
<th scope="col">ratio</th><th scope="col">95 % interval</th></tr></thead>
<tbody>
)",
      name);
  for (size_t i = first; i < end; ++i) out += row_html(spread.shares[i], spread, longest);
  return out + "</tbody></table></div>\n";
}

std::string evenness_html(const Spread& spread) {
  if (!std::isfinite(spread.entropy_before)) return "";
  const auto line = [](const char* kind, const char* word, double value) {
    if (!std::isfinite(value)) value = 0;
    return fmt::format(
        R"(<div><span>{}</span><span class="track" aria-hidden="true"><i class="{}" style="width:{:.2f}%"></i></span><b>{:.3f}</b></div>
)",
        word,
        kind,
        100 * value,
        value);
  };
  return R"(<div class="evenness"><p>Evenness: entropy over its maximum, 1 where all are equally common</p>
)" + line("before", "pool", spread.entropy_before) +
         line("after", "set", spread.entropy_after) + "</div>\n";
}

}  // namespace

std::string spread_html(const Spread& spread) {
  const auto judged = [&](Represented as) {
    return std::count_if(spread.shares.begin(), spread.shares.end(), [&](const Share& s) {
      return s.represented == as;
    });
  };
  const size_t rows = std::min(spread.shares.size(), kAllRows), open = std::min(rows, kOpenRows);
  std::string out = fmt::format(
      R"(<section class="card"><h3>By {}</h3><p class="note">{} values; {} over-represented in the set
compared with the pool, {} under-represented.</p>
)",
      report::escape_html(spread.column),
      count_text(std::count_if(spread.shares.begin(),
                               spread.shares.end(),
                               [](const Share& s) { return !s.name.empty(); })),
      judged(Represented::over),
      judged(Represented::under));
  out += evenness_html(spread) + table_html(spread, 0, open);
  if (rows > open)
    out += fmt::format("<details><summary>{} more</summary>\n{}</details>\n",
                       rows - open,
                       table_html(spread, open, rows));
  if (spread.shares.size() > rows)
    out += fmt::format(R"(<p class="note">{} rarer values are not listed.</p>)",
                       count_text(static_cast<int64_t>(spread.shares.size() - rows)));
  return out + "</section>\n";
}

}  // namespace troodon::stages
