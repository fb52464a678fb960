#include "stages/hand_over.hpp"

#include <ostream>
#include <set>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "data/images.hpp"
#include "prepare/pack.hpp"

namespace troodon::stages {
namespace {

constexpr const char* kMarker = ".troodon-set";  // says that a folder of links is ours

bool is_file(const data::Item& item) {
  return item.bytes == 0 && item.offset == 0 && item.frame < 0;
}

/// The folder is empty, or holds links of an earlier call.
void claim(const fs::path& folder) {
  if (fs::exists(folder) && !fs::is_empty(folder) && !fs::exists(folder / kMarker))
    fail(Exit::usage,
         "{}: holds other files; give an empty or a new folder for the links",
         folder.string());
  write_atomically(folder / kMarker, "");
}

/// Removes what lies below the folder and is not of the set.
void remove_others(const fs::path& folder, const std::set<fs::path>& set) {
  std::vector<fs::path> others;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool other = !entry.is_directory() || entry.is_symlink();
    if (other && entry.path().filename() != kMarker && !set.contains(entry.path()))
      others.push_back(entry.path());
  }
  for (const fs::path& path : others) fs::remove(path);
}

/// One picture under its name; whether it had to be copied.
bool place(const data::Item& item, const fs::path& at) {
  fs::create_directories(at.parent_path());
  if (is_file(item)) {
    const fs::path target = fs::absolute(item.path);
    std::error_code ignored;
    if (fs::read_symlink(at, ignored) == target) return false;
    fs::remove(at, ignored);
    fs::create_symlink(target, at);
    return false;
  }
  if (fs::exists(at)) return true;
  const auto bytes = data::read_stored(item);
  if (!bytes) fail(Exit::input, "{}", bytes.reason());
  write_atomically(at,
                   std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
  return true;
}

void link(const data::Source& source, const HandOverOptions& options, HandedOver& out) {
  claim(options.links);
  std::set<fs::path> set;
  for (const data::Item& item : source.items)
    set.insert((options.links / fs::path(item.id).relative_path()).lexically_normal());
  remove_others(options.links, set);
  Progress progress("links", source.items.size(), options.running.progress);
  for (const data::Item& item : source.items) {
    if (interrupted()) throw Error("stopped; repeat the same command to go on");
    const fs::path at = (options.links / fs::path(item.id).relative_path()).lexically_normal();
    out.copies += place(item, at) ? 1 : 0;
    ++out.links;
    progress.advance();
  }
}

void list(const data::Source& source, const fs::path& file) {
  std::vector<std::string> paths, labels;
  for (const data::Item& item : source.items) {
    if (!is_file(item))
      fail(Exit::usage,
           "{}: {} is no file of its own, so a list cannot name it; give --shards or --links",
           file.string(),
           item.id);
    paths.push_back(fs::absolute(item.path).string());
    labels.push_back(item.label < 0 ? "" : source.classes[static_cast<size_t>(item.label)]);
  }
  Manifest manifest{{{"path", std::move(paths)}}};
  if (!source.classes.empty()) manifest.columns.push_back({"label", std::move(labels)});
  write_manifest(file, manifest);
}

}  // namespace

HandedOver hand_over(const HandOverOptions& options) {
  if (options.shards.empty() && options.links.empty() && options.manifest.empty())
    fail(Exit::usage, "say in which form: --shards DIR, --links DIR or --manifest FILE");
  if (!options.manifest.empty()) check_manifest_name(options.manifest);
  const data::Source source = narrowed(data::open_source(options.pictures), options.only);
  HandedOver out{.pictures = static_cast<int64_t>(source.items.size())};
  if (!options.running.first()) return out;
  if (!options.manifest.empty()) list(source, options.manifest);
  if (!options.links.empty()) link(source, options, out);
  if (!options.shards.empty()) {
    const auto packed = prepare::pack(source,
                                      {.input = options.pictures,
                                       .out = options.shards,
                                       .shard_bytes = options.shard_bytes,
                                       .overwrite = true,
                                       .progress = options.running.progress});
    out.shards = static_cast<int64_t>(packed.shards);
    out.bad = static_cast<int64_t>(packed.bad_files.size());
  }
  return out;
}

}  // namespace troodon::stages
