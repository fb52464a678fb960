#include "data/shards.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "data/kinds.hpp"
#include "formats/tar.hpp"

namespace troodon::data {
namespace {

constexpr size_t kMostNames = 1'000'000;
constexpr uint64_t kMostLabelBytes = 1 << 20;  ///< a .cls or .json above this is no label

/// "000..012" -> 000 ... 012, keeping the width; nothing if it is no range.
std::vector<std::string> range(const std::string& text) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) return {};
  const std::string from = text.substr(0, dots), to = text.substr(dots + 2);
  const auto number = [](const std::string& digits) {
    uint64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value);
    return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
  };
  const auto first = number(from), last = number(to);
  if (!first || !last || *last < *first) return {};
  if (*last - *first >= kMostNames) fail(Exit::usage, "'{{{}}}' names too many files", text);
  std::vector<std::string> out;
  for (uint64_t i = *first; i <= *last; ++i) out.push_back(fmt::format("{:0{}}", i, from.size()));
  return out;
}

std::vector<std::string> choices(const std::string& text) {
  if (auto numbers = range(text); !numbers.empty()) return numbers;
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

/// "a/b.c.jpg" -> {"a/b", "c.jpg"}: the extension begins at the file name's first dot.
std::pair<std::string, std::string> key_and_extension(const std::string& name) {
  const size_t slash = name.rfind('/');
  const size_t dot = name.find('.', slash == std::string::npos ? 0 : slash + 1);
  if (dot == std::string::npos) return {name, ""};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string trimmed(std::string text) {
  const auto blank = [](unsigned char c) { return std::isspace(c) != 0; };
  text.erase(std::find_if_not(text.rbegin(), text.rend(), blank).base(), text.end());
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  return text;
}

/// The label that a .json member states, as text; "" if none.
std::string json_label(const nlohmann::json& json) {
  for (const char* key : {"label", "cls"}) {
    const auto found = json.find(key);
    if (found == json.end()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer()) return std::to_string(found->get<int64_t>());
  }
  return "";
}

/// Collects the pictures of shards, sample by sample.
class Collector {
 public:
  void add_shard(const std::string& path, const std::string& name) {
    const MappedFile file(path);
    const formats::TarListing listing = formats::list_tar(file.bytes());
    if (!listing.damage.empty()) {
      log_warning("{}: {}; {} whole members before that are used",
                  path,
                  listing.damage,
                  listing.members.size());
      ++damaged;
    }
    for (const formats::TarMember& member : listing.members) {
      const auto [key, extension] = key_and_extension(member.name);
      if (key != key_) end_sample(), key_ = key;
      take(path, name, member, lower(extension), file.bytes());
    }
    end_sample();
  }

  Source source;
  std::vector<std::string> labels;  ///< of source.items
  size_t damaged = 0;

 private:
  void take(const std::string& path,
            const std::string& shard,
            const formats::TarMember& member,
            const std::string& extension,
            std::span<const std::byte> archive) {
    const auto content = archive.subspan(member.offset, member.bytes);
    const auto text = [&] {
      return std::string(reinterpret_cast<const char*>(content.data()), content.size());
    };
    const bool small = member.bytes <= kMostLabelBytes;
    if (extension == "cls" && small) label_ = trimmed(text());
    if (extension.ends_with("json") && small) take_json(text());
    if (member.bytes == 0 || !has_image_extension(member.name)) return;
    source.items.push_back({.path = path,
                            .id = shard + "/" + member.name,
                            .label = -1,
                            .offset = member.offset,
                            .bytes = member.bytes});
  }
  /// A name says more than the number in .cls, so it counts where there are both.
  void take_json(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return;
    if (const std::string label = json_label(json); !label.empty()) label_ = label;
    const auto id = json.find("troodon_id");
    if (id != json.end() && id->is_string()) id_ = id->get<std::string>();
  }
  void end_sample() {
    const size_t first = labels.size();
    if (!id_.empty() && source.items.size() == first + 1) source.items.back().id = id_;
    labels.resize(source.items.size(), label_);
    label_.clear();
    id_.clear();
    key_.clear();
  }

  std::string key_, label_, id_;
};

}  // namespace

std::vector<std::string> expand_braces(const std::string& pattern) {
  std::vector<std::string> out = {""};
  for (size_t at = 0; at < pattern.size();) {
    const size_t open = std::min(pattern.find('{', at), pattern.size());
    for (std::string& name : out) name += pattern.substr(at, open - at);
    if (open == pattern.size()) break;
    const size_t close = pattern.find('}', open);
    if (close == std::string::npos) fail(Exit::usage, "'{}': a brace is not closed", pattern);
    const auto inner = choices(pattern.substr(open + 1, close - open - 1));
    if (out.size() * inner.size() > kMostNames) {
      fail(Exit::usage, "'{}' names more than {} files", pattern, kMostNames);
    }
    std::vector<std::string> longer;
    for (const std::string& start : out) {
      for (const std::string& choice : inner) longer.push_back(start + choice);
    }
    out = std::move(longer);
    at = close + 1;
  }
  return out;
}

Source open_shards(const std::vector<std::string>& files) {
  std::set<fs::path> folders;
  for (const std::string& file : files) {
    if (!fs::exists(file)) fail(Exit::input, "{}: there is no such shard", file);
    folders.insert(fs::path(file).parent_path());
  }
  Collector collector;
  for (const std::string& file : files) {
    const bool short_names = folders.size() == 1;
    collector.add_shard(file, short_names ? fs::path(file).filename().string() : file);
  }
  if (collector.source.items.empty()) {
    fail(Exit::input,
         "{}: no pictures in {} shard(s) (members are pictures by their extension, such as .jpg)",
         files.front(),
         files.size());
  }
  number_labels(collector.source, collector.labels);
  describe(collector.source,
           files.size() == 1 ? files.front() : fmt::format("{} shards", files.size()),
           collector.damaged == 0 ? "" : fmt::format("{} shards cut short", collector.damaged));
  return std::move(collector.source);
}

}  // namespace troodon::data
