#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "engine/classical_engine.hpp"
#include "formats/table.hpp"
#include "infer/twin.hpp"
#include "scorecard/by_group.hpp"
#include "scorecard/page.hpp"
#include "scorecard/trial.hpp"

namespace troodon::scorecard {
namespace {

/// The trained features, and what they are compared with.
std::vector<Contestant> contestants_of(const JudgeOptions& options) {
  std::vector<Contestant> out = {{kTrained, options.looking.model}};
  for (const std::string& name : options.against) {
    if (name == "untrained") {
      const fs::path cache =
          options.looking.cache.empty() ? frozen::cache_folder() : options.looking.cache;
      out.push_back({name,
                     infer::untrained_twin(
                         options.looking.model, cache / "untrained", options.looking.seed)});
    } else if (engine::is_classical(name)) {
      out.push_back({name, name});
    } else {
      fail(Exit::usage,
           "{}: features are compared with untrained, {}",
           name,
           fmt::join(engine::classical_names(), ", "));
    }
  }
  return out;
}

/// What tells one state of the data from another: names, sizes and times of all files.
uint64_t state_of(const std::vector<fs::path>& sources) {
  std::vector<std::string> lines;
  const auto add = [&](const fs::path& file) {
    lines.push_back(fmt::format("{}\t{}\t{}",
                                file.string(),
                                fs::file_size(file),
                                fs::last_write_time(file).time_since_epoch().count()));
  };
  for (const fs::path& source : sources) {
    if (fs::is_regular_file(source)) add(source);
    if (!fs::is_directory(source)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(source))
      if (entry.is_regular_file()) add(entry.path());
  }
  std::ranges::sort(lines);
  uint64_t hash = 0;
  for (const std::string& line : lines) hash = xxh64(std::as_bytes(std::span(line)), hash);
  return hash;
}

/// What figures depend on besides the features: the trial, and its data as they are now.
std::string key_of(const Trial& trial) {
  return fmt::format(
      "{} {} {} {:016x}", trial.protocol, trial.data, trial.settings, state_of(trial.sources));
}

/// What tells a contestant's features from all others.
std::string key_of(const Contestant& contestant, const evaluate::Looking& looking) {
  return fmt::format("{} {} {} {} {} {}",
                     frozen::model_key(contestant.model, looking.cache),
                     looking.size,
                     looking.grid,
                     static_cast<int>(looking.resize),
                     static_cast<int>(looking.precision),
                     looking.seed);
}

/// A name for files, made of words.
std::string slug(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  return out;
}

/// What is on disk of a judgement: entries, and what the page shows of each trial.
class Records {
 public:
  explicit Records(const fs::path& folder) : folder_(folder) {
    if (folder_.empty() || !fs::exists(folder_ / "scores.jsonl")) return;
    std::istringstream lines(read_text(folder_ / "scores.jsonl"));
    for (std::string line; std::getline(lines, line);)
      if (auto entry = entry_of(line)) known_[entry->key] = *entry;
  }

  const Entry* find(const std::string& key) const {
    const auto found = known_.find(key);
    return found == known_.end() ? nullptr : &found->second;
  }
  void keep(const Entry& entry, const Outcome& outcome) {
    entries_.push_back(entry);
    if (folder_.empty()) return;
    write_values(entry, outcome.pictures);
    if (!outcome.exhibit.empty()) write_atomically(exhibit_file(entry), outcome.exhibit);
    known_[entry.key] = entry;
    write();
  }
  void again(const Entry& entry) { entries_.push_back(entry); }
  std::string exhibit(const Entry& entry) const {
    return !folder_.empty() && fs::exists(exhibit_file(entry)) ? read_text(exhibit_file(entry))
                                                               : "";
  }
  /// Only what this call asked for stays in the file.
  void finish() {
    known_.clear();
    for (const Entry& entry : entries_) known_[entry.key] = entry;
    if (!folder_.empty()) write();
  }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  fs::path exhibit_file(const Entry& entry) const {
    return folder_ / "exhibits" / (slug(entry.protocol + " " + entry.data) + ".html");
  }
  void write() const {
    std::string lines;
    for (const auto& [key, entry] : known_) lines += json_of(entry) + "\n";
    write_atomically(folder_ / "scores.jsonl", lines);
  }
  void write_values(const Entry& entry, const PictureValues& pictures) const {
    if (pictures.values.empty()) return;
    std::string text = "path," + formats::quoted_cell(pictures.name) + "\n";
    for (size_t i = 0; i < pictures.values.size(); ++i)
      text += fmt::format("{},{}\n", formats::quoted_cell(pictures.ids[i]), pictures.values[i]);
    const std::string name = slug(entry.protocol + " " + entry.data + " " + entry.features);
    write_atomically(folder_ / "pictures" / (name + ".csv"), text);
  }

  fs::path folder_;
  std::map<std::string, Entry> known_;
  std::vector<Entry> entries_;
};

Entry run(const Trial& trial,
          const Contestant& contestant,
          const JudgeOptions& options,
          const std::string& key,
          Outcome& outcome) {
  evaluate::Looking looking = options.looking;
  looking.model = contestant.model;
  if (engine::is_classical(contestant.model.string()))
    looking = of_baseline(looking, contestant.model.string());
  const auto begin = std::chrono::steady_clock::now();
  outcome = trial.run(looking);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return {.protocol = trial.protocol,
          .data = trial.data,
          .features = contestant.name,
          .chosen = outcome.chosen,
          .figures = outcome.figures,
          .seconds = seconds,
          .key = key};
}

void say(const Entry& entry) {
  log_info("{}, {}: {} {:.4f} ({}{}{})",
           entry.protocol,
           entry.data,
           entry.decisive().name,
           entry.decisive().value,
           entry.features,
           entry.chosen.empty() ? "" : ", ",
           entry.chosen);
}

}  // namespace

evaluate::Looking of_baseline(evaluate::Looking looking, const std::string& name) {
  looking.model = name;
  looking.precision = infer::Precision::fp32;
  looking.backend = infer::Backend::automatic;
  return looking;
}

Judged judge(const std::vector<Trial>& trials, const JudgeOptions& options) {
  const auto contestants = contestants_of(options);
  std::vector<std::string> features;
  for (const Contestant& contestant : contestants)
    features.push_back(key_of(contestant, options.looking));
  Records records(options.out);
  Judged out;
  for (const Trial& trial : trials) {
    const std::string state = key_of(trial);
    for (size_t i = 0; i < contestants.size(); ++i) {
      const Contestant& contestant = contestants[i];
      if (trial.needs_network && engine::is_classical(contestant.model.string())) continue;
      const std::string key = state + " " + features[i];
      if (const Entry* known = records.find(key)) {
        records.again(*known);
        ++out.reused;
        continue;
      }
      Outcome outcome;
      const Entry entry = run(trial, contestant, options, key, outcome);
      out.interrupted = outcome.interrupted || interrupted();
      if (out.interrupted) return out;
      // The page shows the trained features alone: the others are there to be compared with.
      if (contestant.name != kTrained)
        outcome.exhibit.clear();
      else
        outcome.exhibit += by_group_html(outcome.pictures, options.groups, options.table);
      say(entry);
      records.keep(entry, outcome);
    }
  }
  records.finish();
  out.entries = records.entries();
  if (options.out.empty()) return out;
  std::vector<Exhibit> exhibits;
  for (const Contest& contest : contests_of(out.entries)) {
    const Entry* trained = contest.of(kTrained);
    const auto trial = std::ranges::find_if(trials, [&](const Trial& t) {
      return t.protocol == contest.protocol && t.data == contest.data;
    });
    exhibits.push_back({contest.protocol + ", " + contest.data,
                        trial->explanation,
                        trained == nullptr ? "" : records.exhibit(*trained)});
  }
  write_page(options.out / "report.html", options, out.entries, exhibits);
  return out;
}

}  // namespace troodon::scorecard
