// How many copies each fingerprint finds, and how many it invents, by transform. The folders are
// those of copy_truth.hpp.

#include "base/error.hpp"
#include "bench.hpp"
#include "copy_truth.hpp"
#include "fingerprint/trial.hpp"

namespace {

using namespace troodon;
using namespace troodon::fingerprint;

Trial trial_of(const bench::CopyTruth& truth) {
  Trial trial;
  for (const auto& query : truth.queries) {
    trial.queries.push_back({.print = {},
                             .group = query.group,
                             .transform = query.transform,
                             .name = truth.name(query),
                             .self = query.self});
  }
  for (const auto& reference : truth.references) {
    trial.references.push_back({{}, reference.group, truth.name(reference)});
  }
  bench::look_at_all(truth, [&](bool query, size_t place, const image::Image& image) {
    (query ? trial.queries[place].print : trial.references[place].print) = fingerprint_of(image);
  });
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
  bench::CopyTruth truth = bench::read_truth(folder, seed);
  bench::add_distractors(truth, more);
  const Trial trial = trial_of(truth);
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
