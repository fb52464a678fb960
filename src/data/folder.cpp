#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "data/content.hpp"
#include "data/kinds.hpp"

namespace troodon::data {
namespace {

constexpr std::array<std::string_view, 26> kExtensions = {
    ".jpg",  ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp",
    ".dib",  ".gif",  ".ppm", ".pgm",  ".pbm", ".pnm",  ".pfm", ".avif", ".heic",
    ".heif", ".jxl",  ".jp2", ".j2k",  ".svg", ".hdr",  ".exr", ".fits"};

/// Order by path components, so that the files of a folder stay together: '/' sorts first.
bool path_less(std::string_view a, std::string_view b) {
  const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

/// Walks a folder. Linked folders are followed, except back into a folder being walked.
class Walk {
 public:
  explicit Walk(const fs::path& root) : root_(root) {
    visit(root, "");
    std::ranges::sort(items, [](const Item& a, const Item& b) { return path_less(a.id, b.id); });
  }
  std::vector<Item> items;
  size_t others = 0;  ///< files that are no pictures

 private:
  void visit(const fs::path& folder, const std::string& prefix) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error || !open_.insert(real).second) return;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (!name.starts_with('.')) enter(*it, prefix + name);
    }
    if (error) log_warning("{}: {}; its files are left out", folder.string(), error.message());
    open_.erase(real);
  }
  void enter(const fs::directory_entry& entry, const std::string& id) {
    std::error_code error;
    if (entry.is_directory(error)) return visit(entry.path(), id + "/");
    if (!entry.is_regular_file(error)) return;
    if (has_image_extension(entry.path()) || looks_like_image(entry.path().string())) {
      items.push_back({.path = entry.path().string(), .id = id});
    } else {
      ++others;
    }
  }

  fs::path root_;
  std::set<fs::path> open_;
};

/// Which sub-folder of a data set's folder is meant; "" for the folder itself.
std::string split_folder(const fs::path& folder, const std::string& wanted) {
  const auto has = [&](const char* name) { return fs::is_directory(folder / name); };
  if (!wanted.empty()) {
    if (!fs::is_directory(folder / wanted)) {
      fail(Exit::input, "{}: no sub-folder '{}' for split={}", folder.string(), wanted, wanted);
    }
    return wanted;
  }
  return has("train") && (has("val") || has("valid") || has("validation") || has("test")) ? "train"
                                                                                          : "";
}

}  // namespace

bool has_image_extension(const fs::path& path) {
  return std::ranges::count(kExtensions, lower(path.extension().string())) > 0;
}

std::vector<Item> pictures_below(const std::string& folder) {
  return Walk(folder).items;
}

Source open_folder(const fs::path& given, const std::string& split) {
  const std::string chosen = split_folder(given, split);
  const fs::path folder = chosen.empty() ? given : given / chosen;
  Walk walk(folder);
  if (walk.items.empty()) {
    fail(Exit::input,
         "{}: no pictures found (looked in it and below for {} and others by content; {} other "
         "files)",
         folder.string(),
         fmt::join(std::span(kExtensions).first(8), " "),
         walk.others);
  }
  Source source{.items = std::move(walk.items)};
  std::vector<std::string> labels;
  std::map<std::string, int64_t> numbers;
  for (const Item& item : source.items) {
    const size_t slash = item.id.find('/');
    labels.push_back(slash == std::string::npos ? "" : item.id.substr(0, slash));
    if (!labels.back().empty()) numbers[labels.back()] = 0;
  }
  for (auto& [name, number] : numbers) {
    number = static_cast<int64_t>(source.classes.size());
    source.classes.push_back(name);
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].empty()) source.items[i].label = numbers[labels[i]];
  }
  std::string remark =
      chosen.empty() ? "" : fmt::format("sub-folder {} of {}", chosen, given.string());
  if (walk.others > 0)
    remark += fmt::format("{}{} other files left out", remark.empty() ? "" : ", ", walk.others);
  describe(source, folder.string(), remark);
  return source;
}

}  // namespace troodon::data
