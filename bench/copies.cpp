// How many copies each fingerprint finds, and how many it invents, by transform. The folder may be
//   any pictures          half of them, drawn by the seed, are edited in sixteen ways
//   one with gnd.csv      query,original,transform: paths relative to the folder above
//   one with pool.csv     path,label,kind,dup_of,transform: the same, compared with each other

#include <unordered_map>

#include "base/parallel.hpp"
#include "base/random.hpp"
#include "bench.hpp"
#include "data/images.hpp"
#include "data/source.hpp"
#include "fingerprint/trial.hpp"
#include "formats/table.hpp"

namespace {

using namespace troodon;
using namespace troodon::fingerprint;

struct Pictures {
  std::vector<image::Image> images;
  std::vector<std::string> names;
};

/// Those that can be read.
Pictures read_pictures(const std::vector<data::Item>& items) {
  std::vector<image::Image> read(items.size());
  parallel_for(items.size(), [&](size_t i) {
    if (auto image = data::read_picture(items[i])) read[i] = *std::move(image);
  });
  Pictures out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (read[i].empty()) continue;
    out.images.push_back(std::move(read[i]));
    out.names.push_back(items[i].path);
  }
  return out;
}

/// Every file that is named, once each, as a fingerprint.
class Prints {
 public:
  explicit Prints(const fs::path& root) : root_(root) {}
  const Fingerprint& of(const std::string& path) {
    const auto [found, fresh] = prints_.try_emplace(path);
    if (fresh) {
      const auto image = image::read(root_ / path);
      if (!image) fail("{}", image.reason());
      found->second = fingerprint_of(*image);
    }
    return found->second;
  }

 private:
  fs::path root_;
  std::unordered_map<std::string, Fingerprint> prints_;
};

formats::Table table_of(const fs::path& file) {
  return formats::parse_table(read_text(file), ',', file.string());
}

Trial trial_of_truth(const fs::path& folder) {
  const formats::Table table = table_of(folder / "gnd.csv");
  Prints prints(folder / "..");
  Trial trial;
  std::unordered_map<std::string, size_t> groups;
  for (const auto& row : table.rows) {
    const std::string& original = row[table.column("original")];
    const auto [group, fresh] = groups.try_emplace(original, groups.size());
    if (fresh) trial.references.push_back({prints.of(original), group->second, original});
    trial.queries.push_back({.print = prints.of(row[table.column("query")]),
                             .group = group->second,
                             .transform = row[table.column("transform")],
                             .name = row[table.column("query")]});
  }
  return trial;
}

Trial trial_of_pool(const fs::path& folder) {
  const formats::Table table = table_of(folder / "pool.csv");
  const size_t path = table.column("path"), of = table.column("dup_of");
  Prints prints(folder / "..");
  Trial trial;
  std::unordered_map<std::string, size_t> places;
  const auto refer = [&](const std::string& original) {
    const auto [place, fresh] = places.try_emplace(original, trial.references.size());
    if (fresh) trial.references.push_back({prints.of(original), place->second, original});
    return place->second;
  };
  for (const auto& row : table.rows) {
    const std::string& original = row[of].empty() ? row[path] : row[of];
    Trial::Query query{.print = prints.of(row[path]), .group = refer(original), .name = row[path]};
    if (row[of].empty()) {
      query.self = query.group;
    } else {
      query.transform = row[table.column("kind")] + " " + row[table.column("transform")];
    }
    trial.queries.push_back(std::move(query));
  }
  return trial;
}

void add_distractors(Trial& trial, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    const auto pictures = read_pictures(data::open_source(folder).items);
    const size_t first = trial.references.size();
    trial.references.resize(first + pictures.images.size());
    parallel_for(pictures.images.size(), [&](size_t i) {
      trial.references[first + i] = {
          fingerprint_of(pictures.images[i]), SIZE_MAX, pictures.names[i]};
    });
  }
}

Trial trial_of_folder(const std::string& folder, uint64_t seed) {
  auto items = data::open_source(folder).items;
  Random random(seed);
  std::vector<data::Item> shuffled;
  for (const int64_t i : random.permutation(static_cast<int64_t>(items.size()))) {
    shuffled.push_back(std::move(items[i]));
  }
  const auto pictures = read_pictures(shuffled);
  Trial trial = trial_of_edits(pictures.images, pictures.images.size() / 2, standard_edits(), seed);
  for (Trial::Query& query : trial.queries) query.name = pictures.names[query.group];
  for (Trial::Reference& reference : trial.references) {
    reference.name = pictures.names[reference.group];
  }
  return trial;
}

struct Method {
  std::string name;
  Distance distance;
  std::vector<int> thresholds;
};

std::vector<Method> methods(const CopyLimits& limits) {
  using Print = const Fingerprint&;
  return {
      {"dhash 64", [](Print a, Print b) { return hamming(a.difference, b.difference); }, {5, 10}},
      {"pdq 256",
       [](Print a, Print b) { return hamming(a.whole.hashes[0], b.whole.hashes[0]); },
       {31, 63, 80}},
      {"pdq 8 turns",
       [](Print a, Print b) { return nearest_turn(a.whole.hashes[0], b.whole); },
       {31, 63, 80}},
      {"pdq 8 turns, no margins",
       [](Print a, Print b) { return nearest_turn(a.inside.hashes[0], b.inside); },
       {31, 63, 80}},
      {"fused", [=](Print a, Print b) { return compare(a, b, limits) ? 0 : 1; }, {0}}};
}

void print_line(const std::string& name, int threshold, const Tally& tally) {
  fmt::print("{:24} <={:3}  P {:.4f}  R {:.4f}  F1 {:.4f}  {} of {} found, {} wrong\n",
             name,
             threshold,
             tally.precision(),
             tally.recall(),
             tally.f1(),
             tally.right,
             tally.wanted,
             tally.found - tally.right);
}

void print_trial(const Trial& trial, const CopyLimits& limits) {
  fmt::print("{} queries, {} references\n", trial.queries.size(), trial.references.size());
  std::map<std::string, std::string> lines;
  std::string head;
  for (const Method& method : methods(limits)) {
    Distances distances;
    const double seconds =
        bench::seconds_of([&] { distances = Distances::measure(trial, method.distance); });
    auto thresholds = method.thresholds;
    if (thresholds.size() > 1) thresholds.push_back(distances.threshold_for(0.9));
    for (const int t : thresholds) print_line(method.name, t, distances.at(t));
    fmt::print("{:24} {:.1f} s\n", "", seconds);
    const int shown = method.thresholds.size() > 1 ? method.thresholds[1] : method.thresholds[0];
    head += fmt::format("  {} <={}", method.name, shown);
    for (const std::string& transform : distances.transforms()) {
      const Tally tally = distances.at(shown, transform);
      lines[transform] += fmt::format("  {:.2f} {:.3f}", tally.recall(), tally.precision());
    }
  }
  fmt::print("\nrecall and precision by transform:{}\n", head);
  for (const auto& [transform, line] : lines) fmt::print("{:22}{}\n", transform, line);
}

/// What compare() finds, by transform, for bench/trials/copies.py.
void print_json(const Trial& trial, const CopyLimits& limits) {
  const Distances distances = Distances::measure(trial, methods(limits).back().distance);
  std::string lines;
  for (const std::string& transform : distances.transforms()) {
    const Tally tally = distances.at(0, transform);
    lines += fmt::format(R"({}"{}": {{"wanted": {}, "found": {}, "right": {}}})",
                         lines.empty() ? "" : ", ",
                         transform,
                         tally.wanted,
                         tally.found,
                         tally.right);
  }
  fmt::print(R"({{"queries": {}, "references": {}, "transforms": {{{}}}}})",
             trial.queries.size(),
             trial.references.size(),
             lines);
}

/// The pairs that compare() takes for copies and the truth does not: often the truth's fault.
void print_wrong(const Trial& trial, const CopyLimits& limits) {
  for (const Trial::Query& query : trial.queries) {
    for (size_t r = 0; r < trial.references.size(); ++r) {
      const Trial::Reference& reference = trial.references[r];
      if (r == query.self || query.group == reference.group) continue;
      const CopyVerdict verdict = compare(query.print, reference.print, limits);
      if (!verdict) continue;
      fmt::print("{} ({}) is no copy of {}: kind {}, distance {}, agreement {:.3f} {:.3f}\n",
                 query.name,
                 query.transform,
                 reference.name,
                 static_cast<int>(verdict.kind),
                 verdict.distance,
                 verdict.agreement.pixels,
                 verdict.agreement.steps);
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  std::string folder;
  std::vector<std::string> more;
  uint64_t seed = 0;
  bool wrong = false, json = false;
  CopyLimits limits;
  CLI::App app("copies found and invented, by transform");
  app.add_option("folder", folder)->required();
  app.add_option("--more", more, "folders of pictures that are nobody's copies");
  app.add_option("--seed", seed);
  app.add_option("--hash", limits.hash)->capture_default_str();
  app.add_option("--quality", limits.quality)->capture_default_str();
  app.add_option("--window", limits.window)->capture_default_str();
  app.add_option("--pixels", limits.pixels)->capture_default_str();
  app.add_option("--steps", limits.steps)->capture_default_str();
  app.add_option("--stretch", limits.stretch)->capture_default_str();
  app.add_flag("--wrong", wrong, "list the pairs that were taken for copies and are not");
  app.add_flag("--json", json, "print what is found by transform as one JSON object instead");
  CLI11_PARSE(app, argc, argv);
  Trial trial = fs::exists(fs::path(folder) / "gnd.csv")    ? trial_of_truth(folder)
                : fs::exists(fs::path(folder) / "pool.csv") ? trial_of_pool(folder)
                                                            : trial_of_folder(folder, seed);
  add_distractors(trial, more);
  if (json) {
    print_json(trial, limits);
    return 0;
  }
  print_trial(trial, limits);
  if (wrong) print_wrong(trial, limits);
} catch (const troodon::Error& error) {
  fmt::print(stderr, "error: {}\n", error.what());
  return 1;
}
