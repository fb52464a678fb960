#include <sys/stat.h>

#include "base/error.hpp"
#include "collection/looking.hpp"
#include "data/source.hpp"

namespace troodon::collection {
std::optional<FileState> state_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileState{info.st_size, info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
}

Plan plan_of(const Store* store, const std::string& folder) {
  if (!fs::is_directory(folder)) fail(Exit::input, "{}: no such folder", folder);
  Plan out;
  auto known = store != nullptr ? store->files() : std::map<std::string, FileState>();
  for (const data::Item& item : data::pictures_below(folder)) {
    const auto state = state_of(item.path);
    if (!state) continue;  // went while we looked
    ++out.found;
    const auto before = known.find(item.id);
    if (before != known.end() && before->second == *state)
      ++out.unchanged;
    else
      out.fresh.push_back(item.id);
    if (before != known.end()) known.erase(before);
  }
  for (const auto& [path, state] : known) out.vanished.push_back(path);
  if (out.found == 0 && !out.vanished.empty()) {
    fail(Exit::input,
         "{}: no picture is left of {}; if a disk is missing, mount it; to empty the collection, "
         "remove {}",
         folder,
         out.vanished.size(),
         store->description());
  }
  return out;
}

}  // namespace troodon::collection
