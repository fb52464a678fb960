#include "recipe/journal.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "data/source.hpp"

namespace troodon::recipe {
namespace {

using Json = nlohmann::ordered_json;

/// Changes when a file does.
std::string mark_of(const fs::path& file) {
  std::error_code missing;
  const auto time = fs::last_write_time(file, missing);
  if (missing) return "missing";
  const auto size = fs::is_regular_file(file) ? fs::file_size(file) : 0;
  return fmt::format("{} {}", size, time.time_since_epoch().count());
}

/// Changes when a picture comes, goes or is replaced.
std::string mark_of_source(const std::string& spec) {
  const data::Source source = data::open_source(spec);
  std::string all;
  std::string last;
  for (const data::Item& item : source.items) {
    all += fmt::format("{} {} {}\n", item.id, item.offset, item.label);
    if (item.path != last) all += mark_of(item.path);
    last = item.path;
  }
  return fmt::format("{} {:016x}", source.items.size(), xxh64(std::as_bytes(std::span(all))));
}

std::string marks(const std::vector<fs::path>& files) {
  std::string out;
  for (const fs::path& file : files) out += file.string() + " " + mark_of(file) + "\n";
  return out;
}

std::string marks_of_reads(const Command& command) {
  std::string out = marks(command.reads);
  for (const std::string& source : command.sources)
    out += source + " " + mark_of_source(source) + "\n";
  return out;
}

std::string name_of(const Command& command) {
  return command.writes.front().filename().string();
}

}  // namespace

Journal::Journal(const fs::path& out) : file_(out / "journal.json") {
  if (!fs::exists(file_)) return;
  const auto root = Json::parse(read_text(file_), nullptr, /*allow_exceptions=*/false);
  if (!root.is_object() || !root.contains("stages"))
    fail(Exit::input, "{}: no journal of a recipe; remove it to begin anew", file_.string());
  for (const auto& stage : root["stages"]) {
    entries_.emplace_back(stage.value("name", ""),
                          Entry{.words = stage.value("command", ""),
                                .read = stage.value("read", ""),
                                .written = stage.value("written", ""),
                                .json = stage.dump()});
  }
}

bool Journal::is_done(const Command& command) const {
  const auto found = std::ranges::find(
      entries_, name_of(command), [](const auto& entry) -> const auto& { return entry.first; });
  if (found == entries_.end()) return false;
  const Entry& entry = found->second;
  const bool there =
      std::ranges::all_of(command.writes, [](const fs::path& file) { return fs::exists(file); });
  return there && entry.words == text_of(command) && entry.written == marks(command.writes) &&
         entry.read == marks_of_reads(command);
}

void Journal::note(const Command& command, double seconds, const std::string& said) {
  Entry entry{
      .words = text_of(command), .read = marks_of_reads(command), .written = marks(command.writes)};
  entry.json = Json{{"name", name_of(command)},
                    {"stage", command.stage},
                    {"command", entry.words},
                    {"read", entry.read},
                    {"written", entry.written},
                    {"seconds", seconds},
                    {"said", Json::parse(said)}}
                   .dump();
  const std::string name = name_of(command);
  std::erase_if(entries_, [&](const auto& other) { return other.first == name; });
  entries_.emplace_back(name, std::move(entry));
  save();
}

void Journal::save() const {
  Json stages = Json::array();
  for (const auto& [name, entry] : entries_) stages.push_back(Json::parse(entry.json));
  write_atomically(file_, Json{{"stages", stages}}.dump(1) + "\n");
}

}  // namespace troodon::recipe
