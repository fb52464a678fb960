#include "stages/report/truth.hpp"

#include <optional>

#include "base/error.hpp"
#include "report/text.hpp"
#include "stages/report/html.hpp"
#include "stages/report/table.hpp"

namespace troodon::stages {
namespace {

/// The item of which a path of the table speaks: it may name folders above the pool's.
std::optional<int64_t> item_of(const Places& places, const std::string& path) {
  for (size_t at = 0; at != std::string::npos;) {
    if (const auto found = places.find(path.substr(at)); found != places.end())
      return found->second;
    const size_t slash = path.find('/', at);
    at = slash == std::string::npos ? slash : slash + 1;
  }
  return std::nullopt;
}

/// A copy that was planted.
struct Planted {
  int64_t copy = 0;
  std::optional<int64_t> original;  ///< nothing: no picture of the pool, but of a test set
  std::string transform;
};

std::vector<Planted> planted_in(const fs::path& file, const Places& places) {
  const formats::Table table = read_table(file);
  const size_t path = needed_column(table, "path", file);
  const size_t of = needed_column(table, "dup_of", file);
  const size_t transform = needed_column(table, "transform", file);
  std::vector<Planted> out;
  for (const auto& row : table.rows) {
    if (row[of].empty()) continue;
    const auto copy = item_of(places, row[path]);
    if (!copy)
      fail(Exit::input, "{}: {} is not among the pool's pictures", file.string(), row[path]);
    out.push_back({*copy, item_of(places, row[of]), row[transform]});
  }
  return out;
}

/// What the run decided about each item.
struct Decisions {
  std::vector<int64_t> stays_for;  ///< [items] the one that stays for it; itself: it stays
  std::vector<uint8_t> matched;    ///< [items] removed as like a test picture
  std::vector<int64_t> removed;    ///< items removed as copies

  explicit Decisions(const Course& course)
      : stays_for(course.pool.items.size()), matched(course.pool.items.size()) {
    for (size_t i = 0; i < stays_for.size(); ++i) stays_for[i] = static_cast<int64_t>(i);
  }
};

Decisions decisions_of(const Course& course, const Places& places) {
  Decisions out(course);
  for (const StageRun& run : course.stages) {
    if (run.is("match")) {
      for (const int64_t item : run.removed_items) out.matched[static_cast<size_t>(item)] = 1;
    }
    if (!run.is("dedup")) continue;
    const size_t of = needed_column(run.removed, "of", run.files.removed);
    for (size_t i = 0; i < run.removed.rows.size(); ++i) {
      const auto kept = places.find(run.removed.rows[i][of]);
      if (kept == places.end()) continue;
      out.stays_for[static_cast<size_t>(run.removed_items[i])] = kept->second;
      out.removed.push_back(run.removed_items[i]);
    }
  }
  return out;
}

}  // namespace

Truth truth_of(const Course& course, const ReportOptions& options) {
  Truth out;
  if (options.truth.empty()) return out;
  const Places places = places_of(course.pool);
  const Decisions decisions = decisions_of(course, places);
  const auto at = [](const auto& values, int64_t item) {
    return values[static_cast<size_t>(item)];
  };
  std::vector<int64_t> family(course.pool.items.size());  // copies and original share a number
  for (size_t i = 0; i < family.size(); ++i) family[i] = static_cast<int64_t>(i);
  for (const Planted& p : planted_in(options.truth, places)) {
    Found& row = out.rows[p.transform];
    ++row.planted;
    if (p.original) {
      family[static_cast<size_t>(p.copy)] = *p.original;
      row.found += at(decisions.stays_for, p.copy) == at(decisions.stays_for, *p.original);
    } else {
      row.found += at(decisions.matched, p.copy);
    }
  }
  for (const int64_t item : decisions.removed) {
    ++out.removed;
    out.rightly += at(family, item) == at(family, at(decisions.stays_for, item));
  }
  return out;
}

std::string truth_html(const Truth& truth) {
  std::string out = fmt::format(
      R"(<section class="card"><p class="note">{} of {} pictures that went as copies are planted copies; what else went may be copies
that nobody planted. A planted copy is found when it and its original have one picture that stays for both, or, of a test
picture, when match removed it.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Planted copies"><table class="shares">
<thead><tr><th scope="col">transform</th><th scope="col"></th><th scope="col">planted</th><th scope="col">found</th><th scope="col">share</th></tr></thead>
<tbody>
)",
      count_text(truth.rightly),
      count_text(truth.removed));
  for (const auto& [transform, row] : truth.rows) {
    const double share = static_cast<double>(row.found) / static_cast<double>(row.planted);
    out += fmt::format(
        R"(<tr><th scope="row">{}</th><td class="pair" aria-hidden="true"><i class="after" style="width:{:.1f}%"></i></td><td>{}</td><td>{}</td><td>{:.3f}</td></tr>
)",
        report::escape_html(transform),
        100 * share,
        count_text(row.planted),
        count_text(row.found),
        share);
  }
  return out + "</tbody></table></div></section>\n";
}

}  // namespace troodon::stages
