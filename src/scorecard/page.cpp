#include "scorecard/page.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "report/assets.hpp"
#include "report/document.hpp"
#include "report/text.hpp"
#include "scorecard/html.hpp"
#include "scorecard/published.hpp"

namespace troodon::scorecard {
namespace {

/// Names of features in the order of their first appearance.
std::vector<std::string> features_of(const std::vector<Entry>& entries) {
  std::vector<std::string> out;
  for (const Entry& entry : entries)
    if (std::ranges::find(out, entry.features) == out.end()) out.push_back(entry.features);
  return out;
}

/// "top-1 ↑": which figure decides, and which way it is good.
std::string decisive_name(const Contest& contest) {
  const Figure& figure = contest.entries.front().decisive();
  return figure.name + (figure.better == Better::higher ? " ↑" : " ↓");
}

/// Whether the entry is the best of its contest.
bool leads(const Contest& contest, const Entry& entry) {
  return std::isfinite(entry.decisive().value) &&
         std::ranges::none_of(contest.entries,
                              [&](const Entry& other) { return ahead(other, entry); });
}

std::string contests_html(const std::vector<Entry>& entries) {
  const auto features = features_of(entries);
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (const Contest& contest : contests_of(entries)) {
    std::vector<Cell> cells;
    for (const std::string& name : features) {
      const Entry* entry = contest.of(name);
      cells.push_back(
          entry == nullptr
              ? Cell{"–"}
              : Cell{three_digits(entry->decisive().value), -1, leads(contest, *entry)});
    }
    rows.emplace_back(
        fmt::format("{}, {}: {}", contest.protocol, contest.data, decisive_name(contest)),
        std::move(cells));
  }
  return table_html("protocol, data: figure", features, rows);
}

/// Every figure of the trained features.
std::string figures_html(const std::vector<Entry>& entries, const std::string& title) {
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  std::vector<std::string> columns;
  for (const Entry& entry : entries) {
    if (entry.protocol + ", " + entry.data != title) continue;
    columns.clear();
    std::vector<Cell> cells;
    for (const Figure& figure : entry.figures) {
      columns.push_back(figure.name + (figure.better == Better::higher ? " ↑" : " ↓"));
      cells.push_back({three_digits(figure.value)});
    }
    columns.push_back("chosen");
    cells.push_back({entry.chosen});
    rows.emplace_back(entry.features, std::move(cells));
  }
  return table_html("features", columns, rows);
}

std::string published_html(const std::vector<Entry>& entries) {
  std::set<std::string> here;
  for (const Entry& entry : entries) here.insert(entry.protocol);
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (const Published& row : published()) {
    std::vector<Cell> cells;
    for (const std::string& figure : row.figures) cells.push_back({figure.empty() ? "–" : figure});
    cells.push_back({here.contains(row.here) ? row.here : "–"});
    rows.emplace_back(row.protocol, std::move(cells));
  }
  return paragraph(
             "Oquab et al. 2023, for networks that learnt from 142 million pictures, on the "
             "data sets named. Small sets here are other tasks: compare the order of "
             "features, not the numbers.") +
         "<div class=\"card\">" +
         table_html(
             "official models", {"ViT-S/14", "ViT-B/14", "ViT-L/14", "ViT-g/14", "here"}, rows) +
         "</div>";
}

std::string limits_html() {
  return paragraph(
             "No text: these features cannot name what they see, nor be asked in words; every "
             "name above was taught by labels to a head of its own.") +
         paragraph(
             "Bias: what was rare in the pictures that taught the network is seen worse. The "
             "paper's largest model knows 67.4 % of household objects of low incomes and 90.5 "
             "% of high ones, 74.0 % in Africa and 89.7 % in Europe (Dollar Street). Split "
             "your own figures by a column (--by) before you rely on them.") +
         paragraph(
             "Confidence: read the calibration of each head before a threshold is set on it. "
             "Figures on few pictures move by several points from set to set.");
}

report::Section section_of(const Exhibit& exhibit,
                           const std::vector<Entry>& entries,
                           size_t place) {
  return {.id = fmt::format("trial-{}", place),
          .title = exhibit.title,
          .body = paragraph(exhibit.explanation) + "<div class=\"card\">" +
                  figures_html(entries, exhibit.title) + "</div>\n" + exhibit.body};
}

}  // namespace

void write_page(const fs::path& file,
                const JudgeOptions& options,
                const std::vector<Entry>& entries,
                const std::vector<Exhibit>& exhibits) {
  report::Document page{
      .title = options.title,
      .subtitle = fmt::format("{}: the network stays frozen; each protocol adds a "
                              "tiny head, or none.",
                              options.looking.model.string())};
  size_t led = 0, judged = 0;
  const auto contests = contests_of(entries);
  for (const Contest& contest : contests) {
    const Entry* trained = contest.of(kTrained);
    if (trained == nullptr || std::isnan(trained->decisive().value)) continue;
    ++judged;
    led += leads(contest, *trained) ? 1 : 0;
  }
  page.facts = {
      {"protocols", std::to_string(contests.size()), "on as many sets as are named"},
      {"trained features ahead", fmt::format("{} of {}", led, judged), "bold in the table"}};
  page.sections.push_back(
      {"all",
       "All protocols",
       paragraph("The figure that decides each protocol; bold is best. ↑ higher "
                 "is better, ↓ lower.") +
           "<div class=\"card\">" + contests_html(entries) + "</div>"});
  for (size_t i = 0; i < exhibits.size(); ++i)
    page.sections.push_back(section_of(exhibits[i], entries, i));
  page.sections.push_back({"published", "What the paper reports", published_html(entries)});
  page.sections.push_back({"limits", "What these features cannot do", limits_html()});
  std::string html = report::document_html(page);
  html.insert(html.find("</style>"), table_style());
  write_atomically(file, html);
}

std::string table_text(const std::vector<Entry>& entries) {
  const auto features = features_of(entries);
  std::string out = fmt::format("{:<44} {:<10}", "protocol, data", "figure");
  for (const std::string& name : features) out += fmt::format(" {:>11}", name);
  out += "\n";
  for (const Contest& contest : contests_of(entries)) {
    const Figure& figure = contest.entries.front().decisive();
    out += fmt::format("{:<44} {:<10}",
                       contest.protocol + ", " + contest.data,
                       figure.name + (figure.better == Better::higher ? "" : " (low)"));
    for (const std::string& name : features) {
      const Entry* entry = contest.of(name);
      const bool said = entry != nullptr && std::isfinite(entry->decisive().value);
      out += said ? fmt::format(
                        " {:>10.4f}{}", entry->decisive().value, leads(contest, *entry) ? "*" : " ")
                  : fmt::format(" {:>11}", "-");
    }
    out += "\n";
  }
  return out;
}

}  // namespace troodon::scorecard
