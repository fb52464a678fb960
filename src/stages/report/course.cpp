#include "stages/report/course.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "fingerprint/quality.hpp"
#include "stages/report/table.hpp"

namespace troodon::stages {
namespace {

/// Which items of the pool are meant.
using Mask = std::vector<bool>;

constexpr std::array kStages = {"sift", "dedup", "match", "retrieve", "cluster", "sample"};

Mask mask_of(const std::vector<int64_t>& items, size_t all) {
  Mask out(all, false);
  for (const int64_t item : items) out[static_cast<size_t>(item)] = true;
  return out;
}

int64_t count(const Mask& mask) {
  return std::count(mask.begin(), mask.end(), true);
}

void check_stage(const std::string& stage) {
  if (std::find(kStages.begin(), kStages.end(), stage) == kStages.end())
    fail(Exit::usage, "'{}' is no stage; stages are {}", stage, fmt::join(kStages, ", "));
}

/// The item of each row.
std::vector<int64_t> items_of(const formats::Table& table,
                              const fs::path& file,
                              const Places& places,
                              const data::Source& pool) {
  const size_t path = needed_column(table, "path", file);
  std::vector<int64_t> out;
  for (const auto& row : table.rows) {
    const auto found = places.find(row[path]);
    if (found == places.end())
      fail(
          Exit::input,
          "{}: {} is not among the pool's pictures ({}); give the source that the stages worked on",
          file.string(),
          row[path],
          pool.description);
    out.push_back(found->second);
  }
  return out;
}

/// A reason in a word or two: what cannot be read says so in a sentence of its own for every file.
std::string short_reason(const std::string& stage, const std::string& reason) {
  using fingerprint::Junk;
  if (stage != "sift") return reason;
  for (const Junk junk :
       {Junk::too_small, Junk::too_long, Junk::uniform, Junk::noise, Junk::text}) {
    if (reason == fingerprint::name_of(junk)) return reason;
  }
  return "unreadable";
}

std::string word_for_others(const StageRun& run) {
  return run.is("retrieve") ? "not retrieved" : run.is("sample") ? "not chosen" : "removed";
}

std::vector<int64_t> cluster_counts(const fs::path& file) {
  const TensorFile tensors(file);
  std::vector<int64_t> out;
  while (const auto* points = tensors.find(fmt::format("level.{}.points", out.size() + 1)))
    out.push_back(points->shape.at(0));
  if (out.empty()) fail(Exit::input, "{}: no clusters of `troodon curate cluster`", file.string());
  return out;
}

/// Fills what a stage's manifests say; `before` are the items that the stage before left.
void read_manifests(StageRun& run,
                    const Mask& before,
                    const Places& places,
                    const data::Source& pool) {
  run.kept = read_table(run.files.out);
  run.kept_items = items_of(run.kept, run.files.out, places, pool);
  if (!run.files.removed.empty()) {
    run.removed = read_table(run.files.removed);
    run.removed_items = items_of(run.removed, run.files.removed, places, pool);
    const size_t reason = needed_column(run.removed, "reason", run.files.removed);
    for (const auto& row : run.removed.rows)
      run.reasons.push_back(short_reason(run.files.stage, row[reason]));
    return;
  }
  const Mask kept = mask_of(run.kept_items, before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] && !kept[i]) run.removed_items.push_back(static_cast<int64_t>(i));
  }
  run.reasons.assign(run.removed_items.size(), word_for_others(run));
}

/// Counts a stage, and says where it did not go on with what the stage before left.
void count_stage(StageRun& run, const Mask& before) {
  Mask seen = mask_of(run.kept_items, before.size());
  StageNumbers& n = run.numbers;
  n.kept = count(seen);
  for (const int64_t item : run.removed_items) seen[static_cast<size_t>(item)] = true;
  n.before = count(seen);
  n.removed = n.before - n.kept;
  for (const std::string& reason : run.reasons) ++n.reasons[reason];
  int64_t strangers = 0, unseen = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    strangers += seen[i] && !before[i] ? 1 : 0;
    unseen += before[i] && !seen[i] ? 1 : 0;
  }
  if (strangers > 0)
    n.remark = fmt::format("{} of its pictures are not among those that were left (no --only?)",
                           strangers);
  else if (unseen > 0)
    n.remark = fmt::format(
        "{} of the {} pictures that were left were not looked at", unseen, count(before));
}

StageRun read_stage(const StageFiles& files,
                    const Mask& before,
                    const Places& places,
                    const data::Source& pool) {
  check_stage(files.stage);
  StageRun run{.files = files};
  run.numbers.stage = files.stage;
  if (run.is("cluster")) {
    run.numbers.before = run.numbers.kept = count(before);
    run.numbers.clusters = cluster_counts(files.out);
    return run;
  }
  read_manifests(run, before, places, pool);
  count_stage(run, before);
  return run;
}

/// The last stage that took a picture out is the one it did not get past.
void tell_fates(Course& course) {
  course.fates.assign(course.pool.items.size(), "not looked at");
  for (const StageRun& run : course.stages) {
    for (size_t i = 0; i < run.removed_items.size(); ++i)
      course.fates[static_cast<size_t>(run.removed_items[i])] =
          run.files.stage + ": " + run.reasons[i];
  }
  for (const int64_t item : course.set) course.fates[static_cast<size_t>(item)].clear();
}

}  // namespace

Places places_of(const data::Source& source) {
  Places out;
  for (size_t i = 0; i < source.items.size(); ++i)
    out.emplace(source.items[i].id, static_cast<int64_t>(i));
  return out;
}

Course read_course(const ReportOptions& options) {
  if (options.stages.empty()) fail(Exit::usage, "no stages are given; add --stage NAME=FILE");
  for (const StageFiles& files : options.stages) check_stage(files.stage);
  Course course{.pool = data::open_source(options.pictures)};
  const Places places = places_of(course.pool);
  course.set.resize(course.pool.items.size());
  std::iota(course.set.begin(), course.set.end(), int64_t{0});
  Mask left(course.pool.items.size(), true);
  for (const StageFiles& files : options.stages) {
    course.stages.push_back(read_stage(files, left, places, course.pool));
    if (files.stage == "cluster") continue;
    course.set = course.stages.back().kept_items;
    left = mask_of(course.set, left.size());
  }
  tell_fates(course);
  return course;
}

}  // namespace troodon::stages
