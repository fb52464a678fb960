#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evaluate/looking.hpp"
#include "scorecard/entry.hpp"

namespace troodon::scorecard {

/// A value of each judged picture, for groups and for tables.
struct PictureValues {
  std::string name;  ///< "right", "mIoU", "RMSE"
  std::vector<std::string> ids;
  std::vector<double> values;
  Better better = Better::higher;
};

/// What a protocol says about one kind of features.
struct Outcome {
  std::vector<Figure> figures;
  std::string chosen;
  PictureValues pictures;
  std::string exhibit;  ///< HTML for the page, see exhibits.hpp
  bool interrupted = false;
};

/// One protocol on one data set, for whatever features it is given.
struct Trial {
  std::string protocol, data;
  std::string settings;           ///< all else that figures depend on
  std::vector<fs::path> sources;  ///< files and folders that are read
  std::string explanation;        ///< one sentence: what is learnt from what, and what counts
  std::function<Outcome(const evaluate::Looking&)> run;
  bool needs_network = false;  ///< classical baselines, which have no blocks, take no part
};

/// The same for a classical baseline, which has sizes of its own and no reduced precision.
evaluate::Looking of_baseline(evaluate::Looking looking, const std::string& name);

/// Features that take part.
struct Contestant {
  std::string name;
  fs::path model;
};

struct JudgeOptions {
  evaluate::Looking looking;         ///< model: the trained one
  std::vector<std::string> against;  ///< of untrained, colour, hog, colour+hog
  std::vector<std::string> groups;   ///< columns of `table` by which values are split
  fs::path table;                    ///< with a column path (or id) and those
  fs::path out;                      ///< "": nothing is written
  std::string title = "Frozen features, judged";
};

struct Judged {
  std::vector<Entry> entries;
  int64_t reused = 0;  ///< entries that an earlier, interrupted call had made
  bool interrupted = false;
};

/// Runs every trial for every contestant, keeps entries as they come in OUT/scores.jsonl (so that a
/// call that was stopped goes on when repeated), values by picture in OUT/pictures/, and the page
/// in OUT/report.html. Throws Error.
Judged judge(const std::vector<Trial>& trials, const JudgeOptions& options);

}  // namespace troodon::scorecard
