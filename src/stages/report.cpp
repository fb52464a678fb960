#include "stages/report.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "report/document.hpp"
#include "stages/report/balance.hpp"
#include "stages/report/html.hpp"
#include "stages/report/truth.hpp"

namespace troodon::stages {
namespace {

constexpr const char* kLimits =
    R"(Pictures were compared by their pixels and by the features of a network alone. No text was used: no caption, tag or search word.
A set can only be as balanced as its pool and its features: what the pool lacks no stage adds, and what the network does not tell apart no stage evens out.
Labels and groups are the pool's own and were not checked. Intervals speak of chance alone; with many values, one in twenty lies outside by chance.
The galleries show a choice: the largest, the borderline and a random sample. The manifests have everything.)";

std::vector<Exhibit> exhibits_of(const Show& show) {
  std::vector<Exhibit> out;
  for (const auto gallery :
       {quality_exhibits, duplicate_exhibits, match_exhibits, seed_exhibits, cluster_exhibits}) {
    for (Exhibit& exhibit : gallery(show)) {
      // A stage that was run twice has two galleries, and links must tell them apart.
      const auto same = std::count_if(out.begin(), out.end(), [&](const Exhibit& other) {
        return other.title == exhibit.title || other.title.starts_with(exhibit.title + " (");
      });
      if (same > 0) {
        exhibit.id += fmt::format("-{}", same + 1);
        exhibit.title += fmt::format(" ({})", same + 1);
      }
      out.push_back(std::move(exhibit));
    }
  }
  out.push_back(sample_exhibit(show));
  return out;
}

std::string percent_text(int64_t part, int64_t all) {
  return all == 0 ? ""
                  : fmt::format("{:.1f} %",
                                100.0 * static_cast<double>(part) / static_cast<double>(all));
}

std::vector<report::Fact> facts_of(const ReportNumbers& numbers) {
  std::vector<report::Fact> out = {{"pool", count_text(numbers.pool), "pictures"},
                                   {"set",
                                    count_text(numbers.chosen),
                                    percent_text(numbers.chosen, numbers.pool) + " of the pool"}};
  const std::map<std::string, std::string> words = {
      {"sift", "sifted out"}, {"dedup", "duplicates"}, {"match", "like a test picture"}};
  for (const StageNumbers& stage : numbers.stages) {
    if (const auto word = words.find(stage.stage); word != words.end())
      out.push_back(
          {word->second,
           count_text(stage.removed),
           percent_text(stage.removed, stage.before) + " of what " + stage.stage + " looked at"});
  }
  for (const Spread& spread : numbers.spreads) {
    if (std::isfinite(spread.entropy_before))
      out.push_back({"evenness by " + spread.column,
                     fmt::format("{:.2f} → {:.2f}", spread.entropy_before, spread.entropy_after),
                     "before and after; 1 at most"});
  }
  return out;
}

std::vector<report::Section> sections_of(const ReportNumbers& numbers,
                                         const std::vector<Exhibit>& exhibits,
                                         const Thumbnails& thumbnails) {
  std::vector<report::Section> out = {
      {"funnel", "From pool to set", funnel_html(numbers.stages, numbers.pool)}};
  if (!numbers.spreads.empty()) {
    std::string body =
        R"(<p class="note">Shares of the pool and of the set. A value is marked as over- or under-represented where the
pool's share lies outside the 95 % interval of the set's, and one is less than four fifths of the other.</p>)";
    for (const Spread& spread : numbers.spreads) body += spread_html(spread);
    out.push_back({"balance", "Balance before and after", std::move(body)});
  }
  if (!numbers.truth.rows.empty())
    out.push_back({"truth", "Planted copies", truth_html(numbers.truth)});
  for (const Exhibit& exhibit : exhibits)
    out.push_back({exhibit.id, exhibit.title, exhibit_html(exhibit, thumbnails)});
  out.push_back({"limits", "Known limits", fmt::format(R"(<p class="prose">{}</p>)", kLimits)});
  return out;
}

void check(const ReportOptions& options) {
  if (options.out.extension() != ".html")
    fail(Exit::usage, "{}: a report is kept as .html", options.out.string());
  if (options.groups.empty() && !options.table.empty())
    fail(Exit::usage, "--table without --groups; name the columns to show");
}

}  // namespace

ReportNumbers write_report(const ReportOptions& options) {
  check(options);
  const Course course = read_course(options);
  ReportNumbers numbers{.pool = static_cast<int64_t>(course.pool.items.size()),
                        .chosen = static_cast<int64_t>(course.set.size())};
  for (const StageRun& run : course.stages) numbers.stages.push_back(run.numbers);
  numbers.spreads = spreads_of(course, options);
  numbers.truth = truth_of(course, options);
  const Show show = open_show(course, options);
  const std::vector<Exhibit> exhibits = exhibits_of(show);
  const Thumbnails thumbnails = thumbnails_of(exhibits, options);
  numbers.shown = static_cast<int64_t>(thumbnails.size());
  numbers.unreadable = std::count_if(thumbnails.begin(), thumbnails.end(), [](const auto& slot) {
    return slot.second.address.empty();
  });
  const std::string page =
      report::document_html({.title = options.title,
                             .subtitle = course.pool.description,
                             .facts = facts_of(numbers),
                             .sections = sections_of(numbers, exhibits, thumbnails)});
  write_atomically(options.out, page);
  numbers.bytes = static_cast<int64_t>(page.size());
  return numbers;
}

}  // namespace troodon::stages
