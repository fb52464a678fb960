#include "prepare/split.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "data/content.hpp"
#include "data/images.hpp"
#include "formats/table.hpp"

namespace troodon::prepare {
namespace {

constexpr std::array<const char*, 3> kNames = {"train", "val", "test"};

/// Sets that grow together; each is known by its first member.
class Sets {
 public:
  explicit Sets(size_t n) : first_(n) { std::iota(first_.begin(), first_.end(), size_t{0}); }
  size_t of(size_t i) {
    while (first_[i] != i) i = first_[i] = first_[first_[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    a = of(a), b = of(b);
    first_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> first_;
};

/// Joins the items that share a key.
template <class Key>
size_t join_equal(Sets& sets, const std::map<Key, std::vector<size_t>>& members) {
  size_t joined = 0;
  for (const auto& [key, items] : members) {
    for (size_t i = 1; i < items.size(); ++i) sets.join(items[0], items[i]), ++joined;
  }
  return joined;
}

/// Items that must stay together, and the class they count for: the first one's.
struct Block {
  std::vector<size_t> items;
  int64_t label = -1;
  uint64_t draw = 0;
};

std::vector<Block> blocks_of(const data::Source& source, Sets& sets, uint64_t seed) {
  std::map<size_t, Block> found;
  for (size_t i = 0; i < source.items.size(); ++i) {
    Block& block = found[sets.of(i)];
    if (block.items.empty()) {
      block.label = source.items[i].label;
      const auto name = data::content_hash(std::as_bytes(std::span(source.items[i].id)));
      block.draw = mix(seed, name.first);
    }
    block.items.push_back(i);
  }
  std::vector<Block> out;
  for (auto& [first, block] : found) out.push_back(std::move(block));
  std::ranges::stable_sort(out, {}, [](const Block& b) { return std::pair(b.label, b.draw); });
  return out;
}

/// Gives a class's blocks, in drawn order, to test and val while they fit, the rest to train.
void deal(std::span<const Block> blocks, const SplitOptions& options, std::vector<Part>& parts) {
  size_t total = 0;
  for (const Block& block : blocks) total += block.items.size();
  const auto target = [&](double share) {
    return static_cast<size_t>(std::llround(share * static_cast<double>(total)));
  };
  size_t test = target(options.test), val = target(options.val);
  for (const Block& block : blocks) {
    const size_t size = block.items.size();
    Part part = Part::train;
    if (size <= test) {
      part = Part::test;
      test -= size;
    } else if (size <= val) {
      part = Part::val;
      val -= size;
    }
    for (const size_t i : block.items) parts[i] = part;
  }
}

}  // namespace

SplitResult split(const data::Source& source, const SplitOptions& options) {
  if (!(options.val >= 0 && options.test >= 0 && options.val + options.test < 1))
    fail(Exit::usage,
         "val {} and test {} are shares: from 0 on, and below 1 together",
         options.val,
         options.test);
  const size_t n = source.items.size();
  std::vector<data::ContentHash> hashes(n);
  std::vector<std::string> reasons(n);
  {
    Progress progress("compare", n, options.progress);
    parallel_for(
        n,
        [&](size_t i) {
          if (interrupted()) throw Error("stopped");
          const auto stored = data::read_stored(source.items[i]);
          if (stored) hashes[i] = data::content_hash(*stored);
          if (!stored) reasons[i] = stored.reason();
          progress.advance();
        },
        options.threads);
  }
  SplitResult result{.parts = std::vector<Part>(n, Part::train)};
  std::map<data::ContentHash, std::vector<size_t>> contents;
  std::map<std::string, std::vector<size_t>> groups, folders;
  for (size_t i = 0; i < n; ++i) {
    if (reasons[i].empty()) contents[hashes[i]].push_back(i);
    if (!reasons[i].empty()) result.bad_files[data::place_of(source.items[i])] = reasons[i];
    if (!source.groups.empty() && !source.groups[i].empty()) groups[source.groups[i]].push_back(i);
    if (options.by_folder)
      folders[fs::path(source.items[i].id).parent_path().string()].push_back(i);
  }
  Sets sets(n);
  result.copies = join_equal(sets, contents);
  join_equal(sets, groups);
  join_equal(sets, folders);
  const auto blocks = blocks_of(source, sets, options.seed);
  for (size_t from = 0; from < blocks.size();) {
    size_t to = from;
    while (to < blocks.size() && blocks[to].label == blocks[from].label) ++to;
    deal(std::span(blocks).subspan(from, to - from), options, result.parts);
    from = to;
  }
  return result;
}

void write_split(const fs::path& out, const data::Source& source, const SplitResult& result) {
  const bool ranges =
      std::ranges::any_of(source.items, [](const data::Item& i) { return i.bytes > 0; });
  for (size_t part = 0; part < kNames.size(); ++part) {
    std::string text = ranges ? "path,label,offset,bytes\n" : "path,label\n";
    size_t rows = 0;
    for (size_t i = 0; i < source.items.size(); ++i) {
      const data::Item& item = source.items[i];
      if (item.frame >= 0)
        fail(Exit::input, "{}: frames of a video have no path; pack them first", item.path);
      if (item.value.index >= 0)
        fail(Exit::input, "{}: pictures within a table have no path; pack them first", item.path);
      if (static_cast<size_t>(result.parts[i]) != part) continue;
      ++rows;
      const std::string label =
          item.label < 0 ? "" : source.classes[static_cast<size_t>(item.label)];
      text += formats::quoted_cell(fs::absolute(item.path).lexically_normal().string()) + "," +
              formats::quoted_cell(label);
      if (ranges) text += fmt::format(",{},{}", item.offset, item.bytes);
      text += '\n';
    }
    const fs::path file = out / (std::string(kNames[part]) + ".csv");
    if (rows > 0) write_atomically(file, text);
    if (rows == 0) fs::remove(file);
  }
}

}  // namespace troodon::prepare
