#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "stages/report/exhibit.hpp"
#include "stages/report/table.hpp"

// Galleries of what stages removed: sift, dedup, match.
namespace troodon::stages {
namespace {

/// A removal of dedup or match.
struct Pair {
  int64_t item = 0;
  std::string of, reason;
  double similarity = 0;
};

std::vector<Pair> pairs_of(const StageRun& run) {
  const fs::path& file = run.files.removed;
  const size_t of = needed_column(run.removed, "of", file);
  const size_t similarity = needed_column(run.removed, "similarity", file);
  std::vector<Pair> out;
  for (size_t i = 0; i < run.removed.rows.size(); ++i) {
    const auto& row = run.removed.rows[i];
    out.push_back(
        {run.removed_items[i], row[of], run.reasons[i], formats::number_of(row[similarity])});
  }
  return out;
}

/// Whether features found the pair, so that its cosine means something.
bool by_features(const Pair& pair) {
  return std::isfinite(pair.similarity) &&
         (pair.reason == "alike" || pair.reason == "like a reference");
}

std::string caption_of(const Pair& pair) {
  return by_features(pair) ? fmt::format("cosine {:.3f}", pair.similarity) : pair.reason;
}

/// The `count` first of those by features, sorted by similarity, then as the manifest has them.
template <class Before>
std::vector<Pair> first_of(std::vector<Pair> pairs, size_t count, const Before& before) {
  std::erase_if(pairs, [](const Pair& pair) { return !by_features(pair); });
  std::stable_sort(pairs.begin(), pairs.end(), [&](const Pair& a, const Pair& b) {
    return before(a.similarity, b.similarity);
  });
  pairs.resize(std::min(count, pairs.size()));
  return pairs;
}

Shelf duplicate_shelf(const Show& show, const std::string& kept, const std::vector<Pair>& gone) {
  const auto at = show.places.find(kept);
  Shelf out{.heading = ""};
  out.shots.push_back(at == show.places.end() ? Shot{.name = kept, .role = Shot::Role::stays}
                                              : show.shot(at->second, "", Shot::Role::stays));
  for (size_t i = 0; i < std::min(gone.size(), kOnShelf - 1); ++i)
    out.shots.push_back(show.shot(gone[i].item, caption_of(gone[i]), Shot::Role::goes));
  if (gone.size() > kOnShelf - 1)
    out.heading = fmt::format("{} copies, {} of them shown", gone.size(), kOnShelf - 1);
  return out;
}

ExhibitPart largest_groups(const Show& show, const std::vector<Pair>& pairs) {
  std::map<std::string, std::vector<Pair>> groups;
  for (const Pair& pair : pairs) groups[pair.of].push_back(pair);
  std::vector<std::pair<std::string, std::vector<Pair>>> sorted(groups.begin(), groups.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.size() > b.second.size();
  });
  ExhibitPart out{.heading = "Largest groups",
                  .text = fmt::format("{} groups in all.", sorted.size())};
  for (size_t i = 0; i < std::min(show.groups(), sorted.size()); ++i)
    out.shelves.push_back(duplicate_shelf(show, sorted[i].first, sorted[i].second));
  return out;
}

ExhibitPart borderline_copies(const Show& show, const std::vector<Pair>& pairs) {
  ExhibitPart out{.heading = "Borderline",
                  .text =
                      "The removed that are least like the picture that stays for them. Where "
                      "these are no copies, the threshold is too low."};
  for (const Pair& pair : first_of(pairs, show.groups(), std::less<>()))
    out.shelves.push_back(duplicate_shelf(show, pair.of, {pair}));
  return out;
}

/// Some pairs of each sign that their files and pixels give.
ExhibitPart copies_by_sign(const Show& show, const std::vector<Pair>& pairs) {
  std::map<std::string, std::vector<int64_t>> signs;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (!by_features(pairs[i])) signs[pairs[i].reason].push_back(static_cast<int64_t>(i));
  }
  ExhibitPart out{.heading = "By their files and fingerprints",
                  .text =
                      "Some pairs of each sign, drawn at random. Where these are no copies, the "
                      "sign is not to be trusted on such pictures."};
  for (const auto& [sign, all] : signs) {
    for (const int64_t i : drawn(all, std::max<size_t>(1, show.groups() / 4), show.options.seed)) {
      const Pair& pair = pairs[static_cast<size_t>(i)];
      out.shelves.push_back(duplicate_shelf(show, pair.of, {pair}));
    }
  }
  return out;
}

std::vector<ExhibitPart> duplicate_parts(const Show& show, const std::vector<Pair>& pairs) {
  std::vector<ExhibitPart> out = {largest_groups(show, pairs)};
  for (ExhibitPart part : {borderline_copies(show, pairs), copies_by_sign(show, pairs)}) {
    if (!part.shelves.empty()) out.push_back(std::move(part));
  }
  return out;
}

ExhibitPart match_part(const Show& show,
                       const std::string& heading,
                       const std::vector<Pair>& pairs) {
  ExhibitPart out{.heading = heading};
  for (const Pair& pair : pairs) {
    out.shelves.push_back({.shots = {show.shot(pair.item, caption_of(pair), Shot::Role::goes),
                                     shot_of(pair.of, show.test_sets, Shot::Role::test)}});
  }
  return out;
}

/// What was measured that made a picture go; else the reason in full.
std::string measured(const StageRun& run, size_t row, size_t reason) {
  const auto& cells = run.removed.rows[row];
  const auto cell = [&](const std::string& column) {
    const size_t at = run.removed.column(column);
    return at < cells.size() ? formats::number_of(cells[at]) : std::nan("");
  };
  const std::string& why = cells[reason];
  if (const double value = cell(why); std::isfinite(value))
    return fmt::format("{} {:.2f}", why, value);
  if (why == "uniform") return fmt::format("contrast {:.1f}", cell("contrast"));
  if (why == "too small" || why == "too long")
    return fmt::format("{:.0f} × {:.0f}", cell("width"), cell("height"));
  return why;
}

/// Removed pictures of one reason each.
std::vector<ExhibitPart> junk_parts(const Show& show, const StageRun& run) {
  const size_t reason = needed_column(run.removed, "reason", run.files.removed);
  std::map<std::string, std::vector<int64_t>> rows;
  for (size_t i = 0; i < run.reasons.size(); ++i)
    rows[run.reasons[i]].push_back(static_cast<int64_t>(i));
  std::vector<ExhibitPart> out;
  for (const auto& [name, all] : rows) {
    ExhibitPart part{.heading = fmt::format("Removed: {}", name),
                     .text = fmt::format("{} in all.", all.size()),
                     .shelves = {{}}};
    for (const int64_t i : drawn(all, show.groups(), show.options.seed)) {
      const auto row = static_cast<size_t>(i);
      part.shelves[0].shots.push_back(
          show.shot(run.removed_items[row], measured(run, row, reason)));
    }
    out.push_back(std::move(part));
  }
  return out;
}

/// The kept pictures at one end of what was measured.
ExhibitPart extreme_part(const Show& show,
                         const StageRun& run,
                         const std::string& word,
                         const std::string& column,
                         double sign) {
  const size_t at = needed_column(run.kept, column, run.files.out);
  std::vector<std::pair<double, size_t>> order;
  for (size_t i = 0; i < run.kept.rows.size(); ++i) {
    const double value = formats::number_of(run.kept.rows[i][at]);
    if (std::isfinite(value)) order.emplace_back(sign * value, i);
  }
  const size_t count = std::min(show.groups(), order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<int64_t>(count), order.end());
  ExhibitPart out{.heading = fmt::format("Kept: the {}", word), .shelves = {{}}};
  for (size_t i = 0; i < count; ++i)
    out.shelves[0].shots.push_back(show.shot(
        run.kept_items[order[i].second], fmt::format("{} {:.0f}", column, sign * order[i].first)));
  return out;
}

}  // namespace

std::vector<Exhibit> quality_exhibits(const Show& show) {
  std::vector<Exhibit> out;
  for (const StageRun& run : show.course.stages) {
    if (!run.is("sift")) continue;
    Exhibit exhibit{.id = "quality",
                    .title = "Quality",
                    .text =
                        "What sift removed, and the kept that are nearest to being odd. If good "
                        "pictures are among the removed, loosen that limit; if bad ones are "
                        "among the kept, tighten it."};
    if (!run.files.removed.empty()) exhibit.parts = junk_parts(show, run);
    exhibit.parts.push_back(extreme_part(show, run, "darkest", "brightness", 1));
    exhibit.parts.push_back(extreme_part(show, run, "brightest", "brightness", -1));
    exhibit.parts.push_back(extreme_part(show, run, "least sharp", "sharpness", 1));
    out.push_back(std::move(exhibit));
  }
  return out;
}

std::vector<Exhibit> duplicate_exhibits(const Show& show) {
  std::vector<Exhibit> out;
  for (const StageRun& run : show.course.stages) {
    if (!run.is("dedup") || run.removed.rows.empty()) continue;
    const auto pairs = pairs_of(run);
    out.push_back({.id = "duplicates",
                   .title = "Duplicates",
                   .text = "Each picture that stays, and those that were removed for it.",
                   .parts = duplicate_parts(show, pairs)});
  }
  return out;
}

std::vector<Exhibit> match_exhibits(const Show& show) {
  std::vector<Exhibit> out;
  for (const StageRun& run : show.course.stages) {
    if (!run.is("match") || run.removed.rows.empty()) continue;
    const auto pairs = pairs_of(run);
    Exhibit exhibit{.id = "matches",
                    .title = "Like a test picture",
                    .text = "Each removed picture, and the one of a test set that it is like."};
    exhibit.parts.push_back(
        match_part(show, "Surest", first_of(pairs, show.groups(), std::greater<>())));
    if (pairs.size() > show.groups())
      exhibit.parts.push_back(match_part(
          show,
          "Borderline",
          first_of(pairs, std::min(show.groups(), pairs.size() - show.groups()), std::less<>())));
    out.push_back(std::move(exhibit));
  }
  return out;
}

}  // namespace troodon::stages
