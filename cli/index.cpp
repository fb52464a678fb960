#include <chrono>
#include <memory>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "collection/adding.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct IndexArgs {
  Common common;
  collection::AddOptions add;
  bool names = false;
  double watch = 0;
  std::string filter;
  std::vector<std::string> paths;
  int64_t offset = 0, limit = 100;
};

std::string where(const IndexArgs& args) {
  return args.add.store.empty() ? args.add.folder : args.add.store;
}

nlohmann::ordered_json json_of(const collection::Added& added) {
  return {{"found", added.plan.found},
          {"unchanged", added.plan.unchanged},
          {"fresh", added.plan.fresh.size()},
          {"added", added.pictures},
          {"removed", added.removed},
          {"described", added.described},
          {"bad", added.bad_files.size()},
          {"bad_files", added.bad_files},
          {"seconds", added.seconds},
          {"images_per_second", added.images_per_second}};
}

void print(const IndexArgs& args, const collection::Added& added) {
  if (args.common.json) return fmt::print("{}\n", json_of(added).dump());
  if (args.add.dry_run)
    return fmt::print("would look at {} pictures and forget {}\n",
                      added.plan.fresh.size(),
                      added.plan.vanished.size());
  fmt::print("{} pictures added, {} removed, {} unchanged",
             added.pictures,
             added.removed,
             added.plan.unchanged);
  if (added.described > 0) fmt::print(", {} described anew", added.described);
  if (added.pictures > 0) fmt::print("; {:.3g} images/s", added.images_per_second);
  fmt::print("\n");
  for (const auto& [path, reason] : added.bad_files) fmt::print("left out: {}\n", reason);
}

/// Waits, but not longer than an interrupt lets it.
void wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!interrupted() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

int run_add(IndexArgs& args) {
  kernels::use_threads(args.common.threads);
  auto& add = args.add;
  add.embed.device = args.common.device;
  add.embed.threads = add.threads = static_cast<size_t>(args.common.threads);
  add.progress = args.common.progress_style();
  if (args.names) {
    add.stored = [](const std::string& path) {
      fmt::print("{}\n", path);
      std::fflush(stdout);  // whoever reads it may rely on it at once
    };
  }
  collection::Added added = collection::add(add);
  print(args, added);
  while (args.watch > 0 && !interrupted()) {
    wait(args.watch);
    if (interrupted()) break;
    added = collection::add(add);
    if (added.pictures + added.removed > 0) print(args, added);
  }
  if (added.interrupted || interrupted()) {
    log_info("stopped; what was added is safe, repeat the command to go on");
    return interrupt_exit_code();
  }
  return added.bad_files.empty() ? 0 : static_cast<int>(Exit::partial);
}

int run_rm(const IndexArgs& args) {
  const auto store = collection::open_store(where(args));
  std::vector<std::string> paths = args.paths;
  if (!args.filter.empty()) {
    for (const auto& picture :
         store->list(collection::parse_filter(args.filter), 0, std::numeric_limits<int32_t>::max()))
      paths.push_back(picture.path);
  }
  if (paths.empty() && args.filter.empty())
    fail(Exit::usage,
         "index rm: name pictures (paths as `index list` shows them) or give --filter");
  const int64_t removed = store->remove(paths);
  if (args.common.json)
    fmt::print("{}\n", nlohmann::json{{"removed", removed}}.dump());
  else
    fmt::print("{} pictures removed from the collection; their files stay\n", removed);
  return removed == 0 && !paths.empty() ? static_cast<int>(Exit::input) : 0;
}

nlohmann::ordered_json json_of(const collection::Picture& picture) {
  return {{"id", picture.id},
          {"path", picture.path},
          {"label", picture.label},
          {"width", picture.width},
          {"height", picture.height},
          {"bytes", picture.file.bytes},
          {"meta", picture.columns}};
}

int run_list(const IndexArgs& args) {
  const auto store = collection::open_store(where(args));
  const auto filter = collection::parse_filter(args.filter);
  const auto settings = store->settings();
  const auto pictures = store->list(filter, args.offset, args.limit);
  if (args.common.json) {
    nlohmann::ordered_json out = {{"total", store->count(filter)},
                                  {"model", settings.description},
                                  {"dim", settings.dim},
                                  {"size", settings.size},
                                  {"pictures", nlohmann::json::array()},
                                  {"unreadable", nlohmann::json::array()}};
    for (const auto& picture : pictures) out["pictures"].push_back(json_of(picture));
    for (const auto& file : store->unreadable())
      out["unreadable"].push_back({{"path", file.path}, {"reason", file.reason}});
    fmt::print("{}\n", out.dump());
    return 0;
  }
  for (const auto& picture : pictures)
    fmt::print("{}\t{}\t{}x{}\n", picture.path, picture.label, picture.width, picture.height);
  fmt::print(stderr,
             "{} of {} pictures; {}, {} px\n",
             pictures.size(),
             store->count(filter),
             settings.description,
             settings.size);
  return 0;
}

int run_compact(const IndexArgs& args) {
  const auto store = collection::open_store(where(args));
  store->compact();
  fmt::print("compacted {}\n", store->description());
  return 0;
}

int run_verify(const IndexArgs& args) {
  const auto store = collection::open_store(where(args));
  const auto faults = store->verify();
  if (args.common.json)
    fmt::print("{}\n", nlohmann::json{{"pictures", store->count()}, {"faults", faults}}.dump());
  else if (faults.empty())
    fmt::print("{}: {} pictures, no fault\n", store->description(), store->count());
  else
    for (const std::string& fault : faults) fmt::print("{}\n", fault);
  return faults.empty() ? 0 : static_cast<int>(Exit::mismatch);
}

CLI::App& add_subverb(CLI::App& index,
                      IndexArgs& args,
                      const std::string& name,
                      const std::string& summary,
                      const std::string& examples) {
  CLI::App& verb = add_verb(index, name, summary, examples);
  verb.add_option("folder", args.add.folder, "the folder of pictures")->required();
  verb.add_option(
      "--store", args.add.store, "postgresql://USER@HOST/DATABASE#NAME instead of FOLDER/.troodon");
  add_common(verb, args.common);
  return verb;
}

void add_add(CLI::App& index, const std::shared_ptr<IndexArgs>& args, int& status) {
  CLI::App& verb = add_subverb(index,
                               *args,
                               "add",
                               "bring a folder's collection up to date: only new and changed "
                               "pictures are looked at",
                               "  troodon index add photos/\n"
                               "  troodon index add photos/ --model vits14 --table captions.csv\n"
                               "  troodon index add photos/ --watch 5");
  auto& add = args->add;
  verb.add_option("--model,-m", add.model, "of a new collection (default: small)");
  verb.add_option("--size", add.embed.size, "pixels at which the network looks (default: its own)");
  verb.add_flag("--crop", add.crop, "look at the centre of pictures, squared, not at all of them");
  verb.add_option("--regions",
                  add.regions,
                  "rows and columns of patch tokens kept for searches by region; 0: none")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  verb.add_option("--table",
                  add.table,
                  "CSV, TSV or JSON lines with a column path: labels and columns to filter by");
  verb.add_option("--batch,-b", add.batch, "pictures that the network sees together")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb.add_option("--commit", add.commit, "pictures that are made safe together")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb.add_option("--max-pixels", add.max_pixels, "larger pictures count as unreadable")
      ->capture_default_str();
  verb.add_option("--watch", args->watch, "go on, looking for changes every so many seconds");
  verb.add_flag("--keep-missing", add.keep_missing, "pictures whose files went stay");
  verb.add_flag("--names", args->names, "print each path on stdout once it is safely stored");
  verb.add_flag("--strict", add.strict, "stop at the first unreadable picture");
  verb.add_flag("--dry-run", add.dry_run, "only say what would be done");
  verb.callback([args, &status] { status = run_add(*args); });
}

}  // namespace

void add_index(CLI::App& app, int& status) {
  auto args = std::make_shared<IndexArgs>();
  CLI::App& index = add_verb(app,
                             "index",
                             "collections of pictures to search: add, rm, list, compact, verify",
                             "  troodon index add photos/\n"
                             "  troodon search photos/ --like photos/cat.jpg");
  index.require_subcommand(1);
  add_add(index, args, status);
  CLI::App& rm = add_subverb(index,
                             *args,
                             "rm",
                             "forget pictures; their files stay",
                             "  troodon index rm photos/ holiday/a.jpg\n"
                             "  troodon index rm photos/ --filter \"path ~ screenshots\"");
  rm.add_option("paths", args->paths, "as `index list` shows them");
  rm.add_option("--filter", args->filter, "all that pass: \"label = dog and width >= 500\"");
  rm.callback([args, &status] { status = run_rm(*args); });
  CLI::App& list = add_subverb(index,
                               *args,
                               "list",
                               "what a collection holds",
                               "  troodon index list photos/ --filter \"label = dog\" --json");
  list.add_option("--filter", args->filter, "\"label = dog and width >= 500 and path ~ beach\"");
  list.add_option("--offset", args->offset, "pictures passed over")->check(CLI::NonNegativeNumber);
  list.add_option("--limit", args->limit, "pictures shown")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  list.callback([args, &status] { status = run_list(*args); });
  add_subverb(index, *args, "compact", "give room back", "  troodon index compact photos/")
      .callback([args, &status] { status = run_compact(*args); });
  add_subverb(index,
              *args,
              "verify",
              "check every row; exit code 7 for faults",
              "  troodon index verify photos/")
      .callback([args, &status] { status = run_verify(*args); });
}

}  // namespace troodon::cli
