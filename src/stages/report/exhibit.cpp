#include "stages/report/exhibit.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace troodon::stages {
namespace {

ExhibitPart sample_of(const Show& show,
                      const std::string& heading,
                      const std::vector<int64_t>& items) {
  ExhibitPart out{.heading = heading, .shelves = {{}}};
  for (const int64_t item : drawn(items, show.pictures(), mix(show.options.seed, items.size())))
    out.shelves[0].shots.push_back(show.shot(item, show.course.fates[static_cast<size_t>(item)]));
  return out;
}

std::vector<data::Source> open_all(const std::vector<std::string>& specs) {
  std::vector<data::Source> out;
  for (const std::string& spec : specs) out.push_back(data::open_source(spec));
  return out;
}

}  // namespace

Shot Show::shot(int64_t item, std::string caption, Shot::Role role) const {
  const data::Item& of = course.pool.items[static_cast<size_t>(item)];
  return {.item = &of, .name = of.id, .caption = std::move(caption), .role = role};
}

Show open_show(const Course& course, const ReportOptions& options) {
  return {.course = course,
          .options = options,
          .test_sets = open_all(options.test_sets),
          .seed_sets = open_all(options.seed_sets),
          .places = places_of(course.pool)};
}

Shot shot_of(const std::string& name, const std::vector<data::Source>& sources, Shot::Role role) {
  for (const data::Source& source : sources) {
    const auto found = std::find_if(source.items.begin(),
                                    source.items.end(),
                                    [&](const data::Item& item) { return item.id == name; });
    if (found != source.items.end()) return {.item = &*found, .name = name, .role = role};
  }
  return {.name = name, .role = role};
}

std::vector<int64_t> drawn(std::vector<int64_t> values, size_t count, uint64_t seed) {
  Random random(seed);
  const auto all = static_cast<int64_t>(values.size());
  count = std::min(count, values.size());
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    std::swap(values[static_cast<size_t>(i)],
              values[static_cast<size_t>(random.integer(i, all - 1))]);
  values.resize(count);
  std::sort(values.begin(), values.end());
  return values;
}

Exhibit sample_exhibit(const Show& show) {
  std::vector<int64_t> stays, goes;
  const auto& fates = show.course.fates;
  for (size_t i = 0; i < fates.size(); ++i)
    (fates[i].empty() ? stays : goes).push_back(static_cast<int64_t>(i));
  Exhibit out{.id = "samples",
              .title = "In the set, and left out",
              .text = "Drawn at random from each side. Would you have chosen so?"};
  out.parts.push_back(sample_of(show, "In the set", stays));
  if (!goes.empty()) out.parts.push_back(sample_of(show, "Left out", goes));
  return out;
}

}  // namespace troodon::stages
