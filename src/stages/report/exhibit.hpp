#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "stages/report/course.hpp"

namespace troodon::stages {

/// A picture on the page, with what is said of it.
struct Shot {
  enum class Role { plain, stays, goes, test, seed };

  const data::Item* item = nullptr;  ///< null: only its name is known
  std::string name, caption;
  Role role = Role::plain;
};

/// Pictures side by side under one heading.
struct Shelf {
  std::string heading;
  std::vector<Shot> shots;
};

struct ExhibitPart {
  std::string heading, text;
  std::vector<Shelf> shelves;
};

/// A section of the page that shows pictures.
struct Exhibit {
  std::string id, title, text;
  std::vector<ExhibitPart> parts;
};

/// What the galleries are made from.
struct Show {
  const Course& course;
  const ReportOptions& options;
  std::vector<data::Source> test_sets, seed_sets;
  Places places;  ///< of the pool's items

  /// A picture of the pool.
  Shot shot(int64_t item, std::string caption, Shot::Role role = Shot::Role::plain) const;
  size_t groups() const { return static_cast<size_t>(std::max<int64_t>(1, options.examples / 2)); }
  size_t pictures() const { return static_cast<size_t>(std::max<int64_t>(1, options.examples)); }
};

constexpr size_t kOnShelf = 8;  ///< pictures of one group

/// Opens the sources that the options name. Throws Error.
Show open_show(const Course& course, const ReportOptions& options);

/// The picture of that name in one of some sources, or its name alone: names of test sets and seeds
/// say nothing of the pool's pictures, even where they are equal.
Shot shot_of(const std::string& name, const std::vector<data::Source>& sources, Shot::Role role);

/// `count` of the values (or all), drawn evenly, in their order.
std::vector<int64_t> drawn(std::vector<int64_t> values, size_t count, uint64_t seed);

// One function per gallery; those of stages give one for each time the stage was run.
std::vector<Exhibit> quality_exhibits(const Show& show);
std::vector<Exhibit> duplicate_exhibits(const Show& show);
std::vector<Exhibit> match_exhibits(const Show& show);
std::vector<Exhibit> seed_exhibits(const Show& show);
std::vector<Exhibit> cluster_exhibits(const Show& show);
Exhibit sample_exhibit(const Show& show);

}  // namespace troodon::stages
