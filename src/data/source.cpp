#include "data/source.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "data/sniff.hpp"
#include "data/table.hpp"

namespace troodon::data {
namespace {

constexpr std::array<std::string_view, 26> kExtensions = {
    ".jpg",  ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp",
    ".dib",  ".gif",  ".ppm", ".pgm",  ".pbm", ".pnm",  ".pfm", ".avif", ".heic",
    ".heif", ".jxl",  ".jp2", ".j2k",  ".svg", ".hdr",  ".exr", ".fits"};

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

bool has_image_extension(const fs::path& path) {
  return std::ranges::count(kExtensions, lower(path.extension().string())) > 0;
}

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

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Label texts -> numbers. Small whole numbers keep their value; names are numbered in sorted
/// order;
/// "" and "-1" mean no label.
void number_labels(Source& source, const std::vector<std::string>& labels) {
  constexpr int64_t kMostClasses = 1 << 20;
  std::set<std::string> names(labels.begin(), labels.end());
  names.erase("");
  names.erase("-1");
  int64_t largest = -1;
  bool numbers = true;
  for (const std::string& name : names) {
    const auto value = whole_number(name);
    numbers = numbers && value && *value >= 0 && *value < kMostClasses;
    if (numbers) largest = std::max(largest, *value);
  }
  if (numbers) {
    for (int64_t i = 0; i <= largest; ++i) source.classes.push_back(std::to_string(i));
  } else {
    source.classes.assign(names.begin(), names.end());
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!names.contains(labels[i])) continue;
    source.items[i].label =
        numbers ? *whole_number(labels[i])
                : std::ranges::lower_bound(source.classes, labels[i]) - source.classes.begin();
  }
}

void describe(Source& source, const std::string& what, const std::string& remark) {
  source.description = fmt::format("{}: {} pictures", what, source.items.size());
  if (!source.classes.empty())
    source.description += fmt::format(", {} classes", source.classes.size());
  if (!remark.empty()) source.description += ", " + remark;
}

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

Item listed(const fs::path& list, const std::string& name) {
  return {.path = (list.parent_path() / name).string(), .id = name};
}

/// A list that points nowhere should fail now, not after an hour; single missing files are data.
void require_first(const Source& source, const fs::path& list) {
  if (source.items.empty()) fail(Exit::input, "{}: lists no pictures", list.string());
  const std::string& first = source.items.front().path;
  if (!fs::exists(first)) {
    fail(Exit::input,
         "{}: its first entry is not at {} (paths are relative to the list's folder)",
         list.string(),
         first);
  }
}

Source open_list(const fs::path& list) {
  Source source;
  std::vector<std::string> labels;
  std::string text = read_text(list);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    labels.push_back(tab == std::string::npos ? "" : line.substr(tab + 1));
    source.items.push_back(listed(list, line.substr(0, tab)));
  }
  require_first(source, list);
  number_labels(source, labels);
  describe(source, list.string(), "");
  return source;
}

Source open_table(const fs::path& file, char delimiter, const std::string& split) {
  const Table table = parse_table(read_text(file), delimiter, file.string());
  const size_t path = table.column("path"), label = table.column("label"),
               part = table.column("split");
  const size_t none = table.header.size();
  if (path == none) {
    fail(Exit::input,
         "{}: no column 'path'; its columns are {}",
         file.string(),
         fmt::join(table.header, ", "));
  }
  if (!split.empty() && part == none) {
    fail(Exit::input,
         "{}: split={} is wanted, but there is no column 'split'",
         file.string(),
         split);
  }
  Source source;
  std::vector<std::string> labels;
  std::map<std::string, size_t> splits;
  for (const auto& row : table.rows) {
    if (part != none) ++splits[row[part]];
    if (!split.empty() && row[part] != split) continue;
    source.items.push_back(listed(file, row[path]));
    labels.push_back(label == none ? "" : row[label]);
  }
  std::vector<std::string> counts;
  for (const auto& [name, count] : splits) counts.push_back(fmt::format("{} ({})", name, count));
  if (source.items.empty() && !split.empty()) {
    fail(Exit::input,
         "{}: no row has split={}; there are {}",
         file.string(),
         split,
         fmt::join(counts, ", "));
  }
  require_first(source, file);
  number_labels(source, labels);
  describe(source,
           file.string(),
           splits.empty() ? "" : fmt::format("splits {}", fmt::join(counts, ", ")));
  return source;
}

/// Takes "?split=NAME" off a spec, unless a file really has that name.
std::string take_query(const std::string& spec, SourceOptions& options) {
  const size_t mark = spec.rfind('?');
  if (mark == std::string::npos || fs::exists(spec)) return spec;
  const std::string query = spec.substr(mark + 1);
  if (!query.starts_with("split="))
    fail(Exit::input, "{}: after '?' only split=NAME is known", spec);
  options.split = query.substr(6);
  return spec.substr(0, mark);
}

}  // namespace

Source open_source(const std::string& spec, const SourceOptions& given) {
  SourceOptions options = given;
  const std::string name = take_query(spec, options);
  if (fs::is_directory(name)) return open_folder(name, options.split);
  if (!fs::exists(name)) {
    fail(Exit::input, "{}: no such file or folder (here: {})", name, fs::current_path().string());
  }
  const std::string extension = lower(fs::path(name).extension().string());
  if (extension == ".txt") return open_list(name);
  if (extension == ".csv") return open_table(name, ',', options.split);
  if (extension == ".tsv") return open_table(name, '\t', options.split);
  if (!has_image_extension(name) && !looks_like_image(name)) {
    fail(Exit::input,
         "{}: neither a folder, a .txt list, a .csv or .tsv table, nor a picture",
         name);
  }
  return {.items = {{.path = name, .id = fs::path(name).filename().string()}},
          .description = name + ": one picture"};
}

void align_labels(Source& source, const std::vector<std::string>& classes) {
  std::map<std::string, int64_t> place;
  for (size_t i = 0; i < classes.size(); ++i) place.emplace(classes[i], static_cast<int64_t>(i));
  for (Item& item : source.items) {
    if (item.label < 0) continue;
    const auto found = place.find(source.classes.at(static_cast<size_t>(item.label)));
    item.label = found == place.end() ? -1 : found->second;
  }
  source.classes = classes;
}

}  // namespace troodon::data
