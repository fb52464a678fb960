#include "report/chart.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"
#include "report/text.hpp"

namespace troodon::report {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The line sorted by x; a resumed run may have logged some steps twice, out of order.
Thinned in_order(const Series& series) {
  if (series.x.size() != series.y.size()) {
    fail("chart line '{}': {} x values but {} y values",
         series.name,
         series.x.size(),
         series.y.size());
  }
  std::vector<size_t> order(series.x.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(order, [&](size_t i) { return !std::isfinite(series.x[i]); });
  std::stable_sort(
      order.begin(), order.end(), [&](size_t a, size_t b) { return series.x[a] < series.x[b]; });
  Thinned line;
  for (const size_t i : order) {
    line.x.push_back(series.x[i]);
    line.y.push_back(std::isfinite(series.y[i]) ? series.y[i] : kNaN);
  }
  return line;
}

/// Indices of the lowest and highest finite y in [begin, end), in order; a gap gives one NaN point.
std::vector<size_t> extremes(const std::vector<double>& y, size_t begin, size_t end) {
  size_t low = end, high = end;
  for (size_t i = begin; i < end; ++i) {
    if (std::isnan(y[i])) continue;
    if (low == end || y[i] < y[low]) low = i;
    if (high == end || y[i] > y[high]) high = i;
  }
  if (low == end) return {begin};
  if (low == high) return {low};
  return {std::min(low, high), std::max(low, high)};
}

void add_mean(const Thinned& all, size_t begin, size_t end, Thinned& out) {
  double sum_x = 0, sum_y = 0;
  size_t count = 0;
  for (size_t i = begin; i < end; ++i) {
    if (std::isnan(all.y[i])) continue;
    sum_x += all.x[i], sum_y += all.y[i], ++count;
  }
  const auto n = static_cast<double>(count);
  out.mean_x.push_back(count > 0 ? sum_x / n : all.x[begin]);
  out.mean_y.push_back(count > 0 ? sum_y / n : kNaN);
}

/// What the table and the alternative text say about a line.
struct Summary {
  size_t count = 0;
  double first = kNaN, last = kNaN, low = kNaN, high = kNaN;
};

Summary summarize(const Thinned& line) {
  Summary s;
  for (const double y : line.y) {
    if (std::isnan(y)) continue;
    if (s.count == 0) s.first = s.low = s.high = y;
    s.low = std::min(s.low, y), s.high = std::max(s.high, y), s.last = y, ++s.count;
  }
  return s;
}

std::string json_numbers(const std::vector<double>& values, int digits) {
  std::string out = "[";
  for (const double value : values) {
    if (out.size() > 1) out += ',';
    out += std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "null";
  }
  return out + "]";
}

std::string legend_html(const Chart& chart) {
  std::string out = R"(<div class="legend" role="group" aria-label="Lines of this chart">)";
  for (size_t i = 0; i < chart.series.size(); ++i) {
    // Eight colours and four shapes; the shape moves on when the colours repeat.
    out += fmt::format(
        R"(<button type="button" aria-pressed="true" class="c{} k{}"><i></i>{} <b></b></button>)",
        i % 8,
        (i + i / 8) % 4,
        escape_html(chart.series[i].name));
  }
  return out + "</div>";
}

struct Table {
  std::string rows;
  std::string alternative;  ///< one sentence a line, for readers who cannot see the chart
};

Table table_of(const Chart& chart) {
  Table table;
  for (const Series& series : chart.series) {
    const Summary s = summarize(in_order(series));
    const std::string name = escape_html(series.name);
    table.rows += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        name,
        number_text(s.first),
        number_text(s.low),
        number_text(s.high),
        number_text(s.last),
        s.count);
    table.alternative += s.count == 0 ? fmt::format(" {}: no values.", name)
                                      : fmt::format(" {}: from {} to {}, lowest {}, highest {}.",
                                                    name,
                                                    number_text(s.first),
                                                    number_text(s.last),
                                                    number_text(s.low),
                                                    number_text(s.high));
  }
  return table;
}

}  // namespace

Thinned thin_out(const Series& series, size_t limit) {
  Thinned all = in_order(series);
  const size_t n = all.x.size();
  if (n <= limit) return all;
  Thinned out;
  const size_t buckets = limit / 2;
  for (size_t b = 0; b < buckets; ++b) {
    const size_t begin = n * b / buckets, end = n * (b + 1) / buckets;
    auto keep = extremes(all.y, begin, end);
    if (b == 0 && keep.front() != 0) keep.insert(keep.begin(), 0);
    if (b + 1 == buckets && keep.back() != n - 1) keep.push_back(n - 1);
    for (const size_t i : keep) out.x.push_back(all.x[i]), out.y.push_back(all.y[i]);
    add_mean(all, begin, end, out);
  }
  return out;
}

std::string chart_html(const Chart& chart, size_t index) {
  const Table table = table_of(chart);
  const std::string x_label = escape_html(chart.x_label);
  constexpr std::string_view kFigure = R"(<figure class="chart" id="chart-{0}">
<figcaption><h3 id="chart-title-{0}">{1}</h3><p>{2}</p></figcaption>
{3}
<div class="axis"><span>{4}</span><span class="at"></span>
<label class="log"><input type="checkbox"{5}> log scale</label></div>
<svg class="plot" role="img" tabindex="0"
 aria-label="Line chart: {1} over {6}.{7} Arrow keys read the values."></svg>
<div class="x-label">{6}</div>
<output class="spoken" aria-live="polite"></output>
<details class="numbers"><summary>Numbers</summary><table>
<thead><tr><th scope="col">line</th><th scope="col">first</th><th scope="col">lowest</th>
<th scope="col">highest</th><th scope="col">last</th><th scope="col">points</th></tr></thead>
<tbody>{8}</tbody></table></details>
</figure>
)";
  return fmt::format(kFigure,
                     index,
                     escape_html(chart.title),
                     escape_html(chart.explanation),
                     legend_html(chart),
                     escape_html(chart.y_label),
                     chart.log_y ? " checked" : "",
                     x_label,
                     table.alternative,
                     table.rows);
}

std::string chart_json(const Chart& chart) {
  std::string lines;
  for (const Series& series : chart.series) {
    const Thinned line = thin_out(series);
    if (!lines.empty()) lines += ',';
    lines += fmt::format(R"({{"name":{},"x":{},"y":{})",
                         json_string(series.name),
                         json_numbers(line.x, 9),
                         json_numbers(line.y, 6));
    if (!line.mean_x.empty()) {
      lines += fmt::format(R"(,"mean_x":{},"mean_y":{})",
                           json_numbers(line.mean_x, 9),
                           json_numbers(line.mean_y, 6));
    }
    lines += '}';
  }
  return fmt::format(
      R"({{"x_label":{},"log":{},"series":[{}]}})", json_string(chart.x_label), chart.log_y, lines);
}

}  // namespace troodon::report
