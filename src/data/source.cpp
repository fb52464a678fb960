#include "data/source.hpp"

#include <algorithm>
#include <charconv>
#include <glob.h>
#include <iostream>
#include <iterator>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/content.hpp"
#include "data/kinds.hpp"
#include "data/shards.hpp"
#include "data/video.hpp"

namespace troodon::data {
namespace {

void apply_query(const std::string& spec, const std::string& pair, SourceOptions& options) {
  const size_t equals = std::min(pair.find('='), pair.size());
  const std::string key = pair.substr(0, equals);
  const std::string value = pair.substr(std::min(equals + 1, pair.size()));
  if (value.empty()) fail(Exit::input, "{}: '{}' after '?' wants KEY=VALUE", spec, pair);
  if (key == "split") {
    options.split = value;
  } else if (key == "path") {
    options.path = value;
  } else if (key == "label") {
    options.label = value;
  } else if (key == "fps") {
    const auto end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, options.fps);
    if (read.ec != std::errc() || read.ptr != end || !(options.fps > 0 && options.fps <= 1000)) {
      fail(Exit::input, "{}: fps={} is no number above 0", spec, value);
    }
  } else {
    fail(Exit::input, "{}: after '?' only split, path, label and fps are known", spec);
  }
}

/// Takes "?split=NAME&..." off a spec, unless a file really has that name.
std::string take_query(const std::string& spec, SourceOptions& options) {
  const size_t mark = spec.rfind('?');
  // "?" is also a wildcard: a query has a '=' after it.
  if (mark == std::string::npos || spec.find('=', mark) == std::string::npos || fs::exists(spec))
    return spec;
  const std::string query = spec.substr(mark + 1);
  for (size_t at = 0; at < query.size();) {
    const size_t end = std::min(query.find('&', at), query.size());
    apply_query(spec, query.substr(at, end - at), options);
    at = end + 1;
  }
  return spec.substr(0, mark);
}

/// The files that a pattern with braces or wildcards names, in sorted order per brace choice.
std::vector<std::string> matching_files(const std::string& pattern) {
  std::vector<std::string> out;
  for (const std::string& name : expand_braces(pattern)) {
    if (name.find_first_of("*?[") == std::string::npos) {
      out.push_back(name);
      continue;
    }
    glob_t found{};
    if (::glob(name.c_str(), 0, nullptr, &found) == 0)
      out.insert(out.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
  }
  if (out.empty()) fail(Exit::input, "{}: no file matches", pattern);
  return out;
}

/// The shards of a folder that holds nothing but shards and what describes them; else none.
std::vector<std::string> shards_in(const fs::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string extension = lower(entry.path().extension().string());
    if (entry.is_directory()) return {};
    if (extension == ".tar")
      out.push_back(entry.path().string());
    else if (extension != ".json" && extension != ".txt" && extension != ".md")
      return {};
  }
  std::ranges::sort(out);
  return out;
}

Source open_file(const std::string& name, const SourceOptions& options) {
  const std::string extension = lower(fs::path(name).extension().string());
  const fs::path base = fs::path(name).parent_path();
  if (extension == ".txt") return open_list(read_text(name), name, base);
  if (extension == ".csv") return open_table(name, ',', options);
  if (extension == ".tsv") return open_table(name, '\t', options);
  if (extension == ".jsonl" || extension == ".ndjson") return open_json_lines(name, options);
  if (extension == ".tar") return open_shards({name});
  if (extension == ".parquet") return open_parquet({name}, options);
  if (has_video_extension(name)) return open_video(name, options.fps);
  if (!has_image_extension(name) && !looks_like_image(name)) {
    fail(Exit::input,
         "{}: neither a folder, a .txt list, a .csv, .tsv, .jsonl or .parquet table, .tar shards, "
         "a video, nor a picture",
         name);
  }
  return {.items = {{.path = name, .id = fs::path(name).filename().string()}},
          .description = name + ": one picture"};
}

}  // namespace

Source open_source(const std::string& spec, const SourceOptions& given) {
  if (names_imagenet(spec)) return open_imagenet(spec);
  SourceOptions options = given;
  const std::string name = take_query(spec, options);
  if (name == "-") {
    return open_list({std::istreambuf_iterator<char>(std::cin), {}}, "standard input", "");
  }
  if (fs::is_directory(name)) {
    const auto shards = shards_in(name);
    return shards.empty() ? open_folder(name, options.split) : open_shards(shards);
  }
  if (fs::exists(name)) return open_file(name, options);
  if (name.find_first_of("{*?[") != std::string::npos) {
    if (name.ends_with(".tar")) return open_shards(matching_files(name));
    if (name.ends_with(".parquet")) return open_parquet(matching_files(name), options);
  }
  fail(Exit::input, "{}: no such file or folder (here: {})", name, fs::current_path().string());
}

std::string place_of(const Item& item) {
  return item.bytes == 0 && item.frame < 0 ? item.path : fmt::format("{} [{}]", item.path, item.id);
}

}  // namespace troodon::data
