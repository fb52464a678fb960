#include "prepare/scan.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "data/content.hpp"
#include "data/images.hpp"

namespace troodon::prepare {
namespace {

/// What one picture tells.
struct Look {
  data::ContentHash hash;
  std::string format, reason;
  int width = 0, height = 0;

  int64_t pixels() const { return static_cast<int64_t>(width) * height; }
};

Look look_at(const data::Item& item) {
  Look out;
  const auto stored = data::read_stored(item);
  if (!stored) {
    out.reason = stored.reason();
    return out;
  }
  out.hash = data::content_hash(*stored);
  out.format = data::format_of(*stored);
  const auto picture = image::decode(*stored);
  if (!picture) {
    out.reason = picture.reason();
    return out;
  }
  out.width = picture->width;
  out.height = picture->height;
  return out;
}

std::string side_range(int side) {
  int low = 1;
  while (low * 2 <= side) low *= 2;
  return fmt::format("{}-{}", low, 2 * low - 1);
}

std::vector<std::string> suggest(const data::Source& source, const ScanResult& result) {
  std::vector<std::string> out;
  if (!result.broken.empty())
    out.push_back(
        "training and features leave broken files out; remove them to be rid of warnings");
  size_t copies = 0;
  for (const auto& group : result.duplicates) copies += group.size() - 1;
  if (copies > 0)
    out.push_back(fmt::format(
        "{} pictures are copies; `troodon data split` keeps copies on one side of a split",
        copies));
  if (source.items.size() > 50'000 && source.items.front().bytes == 0)
    out.push_back("many small files: `troodon data pack` puts them into shards");
  if (!result.classes.empty()) {
    const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto [rare, common] = std::ranges::minmax_element(result.classes, less);
    if (common->second > 20 * rare->second)
      out.push_back(fmt::format("classes are uneven: {} has {} pictures, {} has {}",
                                common->first,
                                common->second,
                                rare->first,
                                rare->second));
  }
  return out;
}

void add_up(const data::Source& source, const std::vector<Look>& looks, ScanResult& result) {
  std::map<data::ContentHash, std::vector<std::string>> copies;
  const Look* smallest = nullptr;
  const Look* largest = nullptr;
  for (size_t i = 0; i < looks.size(); ++i) {
    const data::Item& item = source.items[i];
    const Look& look = looks[i];
    result.bytes += look.hash.bytes;
    if (item.label >= 0) ++result.classes[source.classes[static_cast<size_t>(item.label)]];
    if (!look.format.empty()) copies[look.hash].push_back(item.id);
    if (!look.reason.empty()) {
      result.broken[data::place_of(item)] = look.reason;
      continue;
    }
    ++result.formats[look.format];
    ++result.sides[side_range(std::min(look.width, look.height))];
    if (smallest == nullptr || look.pixels() < smallest->pixels()) {
      smallest = &look;
      result.smallest = {item.id, look.width, look.height};
    }
    if (largest == nullptr || look.pixels() > largest->pixels()) {
      largest = &look;
      result.largest = {item.id, look.width, look.height};
    }
  }
  for (auto& [hash, ids] : copies) {
    if (ids.size() > 1 && hash.bytes > 0) result.duplicates.push_back(std::move(ids));
  }
  std::ranges::sort(result.duplicates);
}

}  // namespace

ScanResult scan(const data::Source& source, size_t threads, ProgressStyle style) {
  std::vector<Look> looks(source.items.size());
  {
    Progress progress("scan", looks.size(), style);
    parallel_for(
        looks.size(),
        [&](size_t i) {
          if (interrupted()) throw Error("stopped");
          looks[i] = look_at(source.items[i]);
          progress.advance();
        },
        threads);
  }
  ScanResult result{.description = source.description, .pictures = source.items.size()};
  add_up(source, looks, result);
  result.suggestions = suggest(source, result);
  return result;
}

}  // namespace troodon::prepare
