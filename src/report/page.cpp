#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/file.hpp"
#include "report/assets.hpp"
#include "report/chart.hpp"
#include "report/document.hpp"
#include "report/gallery.hpp"
#include "report/report.hpp"
#include "report/text.hpp"

namespace troodon::report {
namespace {

struct Light {
  std::string_view word, symbol;
};
constexpr std::array<Light, 3> kLights = {{{"good", "✓"}, {"watch", "!"}, {"bad", "✕"}}};

size_t light_of(const Finding& finding) {
  return static_cast<size_t>(std::clamp(finding.level, 0, 2));
}

/// One line above the findings: the worst of them decides.
std::string verdict(const std::array<size_t, 3>& counts) {
  const auto checks = [](size_t n) { return fmt::format("{} {}", n, n == 1 ? "check" : "checks"); };
  const size_t total = counts[0] + counts[1] + counts[2];
  if (counts[2] > 0) return fmt::format("{} of {} failed", counts[2], checks(total));
  if (counts[1] > 0) return fmt::format("{} of {} to watch", counts[1], checks(total));
  return total == 1 ? "The check is good" : fmt::format("All {} are good", checks(total));
}

std::string findings_html(const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  std::array<size_t, 3> counts{};
  std::string items;
  for (const Finding& finding : findings) {
    const size_t level = light_of(finding);
    ++counts[level];
    items += fmt::format(
        R"(<li class="{0}"><span class="light" aria-hidden="true">{1}</span>
<span class="word">{0}</span><span>{2}</span></li>
)",
        kLights[level].word,
        kLights[level].symbol,
        escape_html(finding.text));
  }
  const size_t worst = counts[2] > 0 ? 2 : counts[1] > 0 ? 1 : 0;
  return fmt::format(R"(<section id="health" class="health {}" aria-labelledby="health-title">
<h2 id="health-title"><span class="light" aria-hidden="true">{}</span>{}</h2>
<ul>
{}</ul></section>
)",
                     kLights[worst].word,
                     kLights[worst].symbol,
                     verdict(counts),
                     items);
}

std::string charts_html(const std::vector<Chart>& charts) {
  if (charts.empty()) return {};
  std::string out = R"(<section id="curves" aria-labelledby="curves-title">
<div class="bar"><h2 id="curves-title">Curves</h2>
<label class="smoothing">smoothing
<input id="smoothing" type="range" min="0" max="20" step="1" value="5">
<output id="smoothing-text" for="smoothing"></output></label></div>
<noscript><p class="note">The curves need JavaScript, which is switched off here; the tables
below hold their first, lowest, highest and last values.</p></noscript>
<div class="charts">
)";
  for (size_t i = 0; i < charts.size(); ++i) out += chart_html(charts[i], i);
  return out + "</div></section>\n";
}

std::string galleries_html(const std::vector<Gallery>& galleries) {
  if (galleries.empty()) return {};
  std::string out = R"(<section id="pictures" aria-labelledby="pictures-title">
<h2 id="pictures-title">Pictures</h2>
)";
  for (size_t i = 0; i < galleries.size(); ++i) out += gallery_html(galleries[i], i);
  return out + "</section>\n";
}

std::string closing_html(const Report& report) {
  std::string out;
  if (!report.limits.empty()) {
    out += fmt::format(R"(<section id="limits" aria-labelledby="limits-title">
<h2 id="limits-title">Known limits</h2><p class="prose">{}</p></section>
)",
                       escape_html(report.limits));
  }
  if (!report.config_text.empty()) {
    out += fmt::format(R"(<section id="configuration" aria-label="Configuration">
<details><summary><h2>Configuration</h2></summary><pre tabindex="0">{}</pre></details></section>
)",
                       escape_html(report.config_text));
  }
  return out;
}

std::string contents_html(const Report& report) {
  std::string links;
  const auto link = [&](bool present, std::string_view id, std::string_view text) {
    if (present) links += fmt::format(R"(<a href="#{}">{}</a>)", id, text);
  };
  link(!report.findings.empty(), "health", "Health");
  link(!report.charts.empty(), "curves", "Curves");
  link(!report.galleries.empty(), "pictures", "Pictures");
  link(!report.limits.empty(), "limits", "Limits");
  link(!report.config_text.empty(), "configuration", "Configuration");
  return R"(<nav aria-label="Contents">)" + links + "</nav>\n";
}

std::string data_html(const std::vector<Chart>& charts) {
  std::string lines;
  for (const Chart& chart : charts) lines += (lines.empty() ? "" : ",\n") + chart_json(chart);
  return R"(<script type="application/json" id="chart-data">[)" + lines + "]</script>\n";
}

constexpr std::string_view kWithoutScript =
    "<noscript><style>.plot, .axis, .x-label { display: none }</style></noscript>";

}  // namespace

void write_html(const fs::path& path, const Report& report) {
  const std::string title = escape_html(report.title);
  std::string page = head_html(report.title, "; script-src 'unsafe-inline'") + "<style>\n";
  page += page_style();
  page += fmt::format("</style>{}</head>\n<body><header><h1>{}</h1><p>{}</p>\n",
                      kWithoutScript,
                      title,
                      escape_html(report.subtitle));
  page += contents_html(report) + "</header>\n<main>\n<div class=\"summary\">\n";
  page += findings_html(report.findings) + facts_html(report.facts) + "</div>\n";
  page += charts_html(report.charts) + galleries_html(report.galleries) + closing_html(report);
  page += "</main>\n";
  page += footer_html();
  page += data_html(report.charts);
  page += "<script>\n";
  page += page_script();
  page += "</script>\n</body></html>\n";
  write_atomically(path, page);
}

}  // namespace troodon::report
