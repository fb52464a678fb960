#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "prepare/pack.hpp"
#include "prepare/scan.hpp"
#include "prepare/split.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

using Json = nlohmann::ordered_json;

struct DataArgs {
  Common common;
  std::string input, group_by;
  fs::path out;
  prepare::PackOptions pack;
  prepare::SplitOptions split;
};

int exit_for(const std::map<std::string, std::string>& bad_files) {
  return bad_files.empty() ? 0 : static_cast<int>(Exit::partial);
}

Json as_json(const prepare::ScanResult& r) {
  const auto extreme = [](const prepare::Extreme& e) {
    return Json{{"id", e.id}, {"width", e.width}, {"height", e.height}};
  };
  return {{"description", r.description},
          {"pictures", r.pictures},
          {"bytes", r.bytes},
          {"formats", r.formats},
          {"short_sides", r.sides},
          {"classes", r.classes},
          {"smallest", extreme(r.smallest)},
          {"largest", extreme(r.largest)},
          {"broken", r.broken},
          {"duplicates", r.duplicates},
          {"suggestions", r.suggestions}};
}

void print_counts(const char* what, const std::map<std::string, size_t>& counts) {
  constexpr size_t kShown = 20;
  if (counts.empty()) return;
  fmt::print("{}:", what);
  size_t shown = 0;
  for (const auto& [name, count] : counts) {
    if (shown++ == kShown) break;
    fmt::print(" {} ({})", name, count);
  }
  fmt::print("{}\n", counts.size() > kShown ? " ..." : "");
}

void print_scan(const prepare::ScanResult& r) {
  fmt::print("{}; {:.1f} MB\n", r.description, static_cast<double>(r.bytes) / 1e6);
  print_counts("formats", r.formats);
  print_counts("short side, pixels", r.sides);
  print_counts("classes", r.classes);
  if (r.largest.width > 0) {
    fmt::print("smallest: {} ({} x {})\nlargest: {} ({} x {})\n",
               r.smallest.id,
               r.smallest.width,
               r.smallest.height,
               r.largest.id,
               r.largest.width,
               r.largest.height);
  }
  fmt::print("broken: {}\n", r.broken.size());
  for (const auto& [place, reason] : r.broken) fmt::print("  {}: {}\n", place, reason);
  fmt::print("groups of equal content: {}\n", r.duplicates.size());
  for (const auto& ids : r.duplicates) {
    fmt::print(" ");
    for (const auto& id : ids) fmt::print(" {}", id);
    fmt::print("\n");
  }
  for (const auto& suggestion : r.suggestions) fmt::print("note: {}\n", suggestion);
}

int run_scan(const DataArgs& args) {
  const auto result = prepare::scan(data::open_source(args.input),
                                    static_cast<size_t>(args.common.threads),
                                    args.common.progress_style());
  if (args.common.json) fmt::print("{}\n", as_json(result).dump());
  if (!args.common.json) print_scan(result);
  return exit_for(result.broken);
}

int run_pack(DataArgs& args) {
  args.pack.input = args.input;
  args.pack.out = args.out;
  args.pack.progress = args.common.progress_style();
  const auto result = prepare::pack(args.pack);
  if (args.common.json) {
    const Json object = {{"out", args.out.string()},
                         {"pictures", result.pictures},
                         {"shards", result.shards},
                         {"bytes", result.bytes},
                         {"resumed", result.resumed},
                         {"dry_run", args.pack.dry_run},
                         {"bad_files", result.bad_files}};
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print("{} pictures {} {} shards, {:.1f} MB, in {} ({} were there)\n",
               result.pictures,
               args.pack.dry_run ? "would become" : "->",
               result.shards,
               static_cast<double>(result.bytes) / 1e6,
               args.out.string(),
               result.resumed);
    for (const auto& [place, reason] : result.bad_files)
      fmt::print("left out: {}: {}\n", place, reason);
  }
  return exit_for(result.bad_files);
}

int run_split(DataArgs& args) {
  args.split.by_folder = args.group_by == "folder";
  args.split.threads = static_cast<size_t>(args.common.threads);
  args.split.progress = args.common.progress_style();
  const auto source =
      data::open_source(args.input, {.group = args.split.by_folder ? "" : args.group_by});
  if (!args.group_by.empty() && !args.split.by_folder && source.groups.empty()) {
    fail(Exit::usage,
         "--group-by {}: {} has no columns; only --group-by folder is possible",
         args.group_by,
         args.input);
  }
  const auto result = prepare::split(source, args.split);
  prepare::write_split(args.out, source, result);
  const auto count = [&](prepare::Part part) {
    return std::count(result.parts.begin(), result.parts.end(), part);
  };
  if (args.common.json) {
    const Json object = {{"out", args.out.string()},
                         {"train", count(prepare::Part::train)},
                         {"val", count(prepare::Part::val)},
                         {"test", count(prepare::Part::test)},
                         {"copies", result.copies},
                         {"bad_files", result.bad_files}};
    fmt::print("{}\n", object.dump());
  } else {
    fmt::print("train {}, val {}, test {} -> {}; {} copies kept together\n",
               count(prepare::Part::train),
               count(prepare::Part::val),
               count(prepare::Part::test),
               args.out.string(),
               result.copies);
  }
  return exit_for(result.bad_files);
}

CLI::App& add_part(CLI::App& data,
                   const std::string& name,
                   const std::string& summary,
                   const std::string& examples,
                   DataArgs& args) {
  CLI::App& verb = add_verb(data, name, summary, examples);
  verb.add_option("input", args.input, "folder, list, table, shards, video: see docs/data.md")
      ->required();
  add_common(verb, args.common);
  return verb;
}

void add_pack(CLI::App& data, DataArgs& args) {
  CLI::App& pack = add_part(data,
                            "pack",
                            "Put pictures into WebDataset shards, bytes unchanged.",
                            "  troodon data pack photos/ --out shards/\n"
                            "  troodon data pack photos/ --out shards/ --shard-size 1GB --dry-run\n"
                            "  troodon train --data 'shards/*.tar' --out runs/first\n"
                            "A call that was interrupted goes on where it was when repeated.",
                            args);
  pack.add_option("--out,-o", args.out, "folder for the shards")->required();
  pack.add_option("--shard-size", args.pack.shard_bytes, "bytes, or 256MB, 1GB, ...")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  pack.add_flag("--dry-run", args.pack.dry_run, "only say what would be written");
  pack.add_flag("--overwrite", args.pack.overwrite, "replace shards of another source or size");
}

void add_split(CLI::App& data, DataArgs& args) {
  CLI::App& split = add_part(data,
                             "split",
                             "Divide pictures into train, val and test without leaks.",
                             "  troodon data split photos/ --out splits/ --val 0.1\n"
                             "  troodon data split table.csv --out splits/ --group-by patient "
                             "--val 0.1 --test 0.1 --seed 7\n"
                             "  troodon data split clips/ --out splits/ --group-by folder",
                             args);
  split.add_option("--out,-o", args.out, "folder for train.csv, val.csv and test.csv")->required();
  split.add_option("--val", args.split.val, "share of each class")->capture_default_str();
  split.add_option("--test", args.split.test, "share of each class")->capture_default_str();
  split.add_option("--seed", args.split.seed, "of the draw")->capture_default_str();
  split.add_option(
      "--group-by", args.group_by, "column whose equal values stay together, or folder");
}

}  // namespace

void add_data(CLI::App& app, int& status) {
  CLI::App& data = add_verb(app,
                            "data",
                            "Look at pictures, put them into shards, divide them.",
                            "  troodon data scan photos/\n"
                            "  troodon data pack photos/ --out shards/\n"
                            "  troodon data split photos/ --out splits/ --val 0.1");
  data.require_subcommand(1);
  auto args = std::make_shared<DataArgs>();
  CLI::App& scan =
      add_part(data,
               "scan",
               "Say what a source holds: formats, sizes, classes, broken files, copies.",
               "  troodon data scan photos/\n"
               "  troodon data scan 'shards/*.tar' --json",
               *args);
  scan.callback([args, &status] { status = run_scan(*args); });
  add_pack(data, *args);
  add_split(data, *args);
  data.get_subcommand("pack")->callback([args, &status] { status = run_pack(*args); });
  data.get_subcommand("split")->callback([args, &status] { status = run_split(*args); });
}

}  // namespace troodon::cli
