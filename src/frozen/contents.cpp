#include "frozen/contents.hpp"

#include <chrono>
#include <ostream>
#include <sys/stat.h>

#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "data/images.hpp"
#include "data/video.hpp"
#include "store/results.hpp"

namespace troodon::frozen {
namespace {

constexpr size_t kMany = 20'000;
constexpr int64_t kSecond = 1'000'000'000;

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

/// Whether a file that changed at this time may change again with the same times: clocks of file
/// systems are coarse.
bool too_fresh(int64_t changed) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::nanoseconds(now).count() - changed < 2 * kSecond;
}

/// Where in its file an item is; "": all of it.
std::string detail_of(const data::Item& item) {
  if (item.frame >= 0) return fmt::format("#{}@{}", item.frame, item.film->fps());
  if (item.bytes == 0) return "";
  return fmt::format("@{}+{}@{}", item.offset, item.bytes, item.value.index);
}

}  // namespace

Contents::Table& Contents::table_of(const fs::path& folder) {
  const std::string name = folder.string();
  const auto [found, fresh] = tables_.try_emplace(name);
  Table& table = found->second;
  if (!fresh) return table;
  const auto number = static_cast<int64_t>(xxh64(std::as_bytes(std::span(name))));
  table.file = folder_ / (store::hash_text(number) + ".tsv");
  std::error_code error;
  if (!fs::exists(table.file, error)) return table;
  const std::string text = read_text(table.file);
  for (size_t at = 0; at < text.size();) {  // hash, tab, stamp, tab, name
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    const size_t tab = line.find('\t'), second = line.find('\t', tab + 1);
    if (second != std::string_view::npos) {
      table.known[std::string(line.substr(second + 1))] = {
          std::string(line.substr(tab + 1, second - tab - 1)),
          store::hash_bits(std::string(line.substr(0, tab)))};
    }
    at = end + 1;
  }
  return table;
}

Result<int64_t> Contents::of(const fs::path& file,
                             const std::string& detail,
                             const std::function<Result<int64_t>()>& make) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    return Failure{fmt::format("{}: cannot be opened ({})", file.string(), std::strerror(errno))};
  const int64_t written = nanoseconds(info.st_mtim), changed = nanoseconds(info.st_ctim);
  const std::string stamp = fmt::format("{} {} {}", info.st_size, written, changed);
  const fs::path whole = fs::absolute(file);
  const std::string name = whole.filename().string() + detail;
  {
    const std::lock_guard lock(mutex_);
    const Table& table = table_of(whole.parent_path());
    const auto found = table.known.find(name);
    if (found != table.known.end() && found->second.stamp == stamp) return found->second.hash;
  }
  const Result<int64_t> hash = make();
  const bool tellable = name.find('\n') == std::string::npos;
  if (hash && tellable && !too_fresh(std::max(written, changed))) {
    const std::lock_guard lock(mutex_);
    Table& table = table_of(whole.parent_path());
    table.known[name] = {stamp, *hash};
    table.changed = true;
  }
  return hash;
}

Result<int64_t> Contents::of(const data::Item& item) {
  return of(item.path, detail_of(item), [&]() -> Result<int64_t> {
    const auto bytes = data::read_stored(item);
    if (!bytes) return Failure{bytes.reason()};
    return static_cast<int64_t>(xxh64(*bytes));
  });
}

void Contents::save() {
  const std::lock_guard lock(mutex_);
  for (auto& [folder, table] : tables_) {
    if (!table.changed) continue;
    write_atomically(table.file, [&](std::ostream& out) {
      for (const auto& [name, known] : table.known)
        out << store::hash_text(known.hash) << '\t' << known.stamp << '\t' << name << '\n';
    });
    table.changed = false;
  }
}

std::vector<Result<int64_t>> contents_of(std::span<const data::Item> items,
                                         Contents& contents,
                                         size_t threads,
                                         ProgressStyle progress) {
  std::vector<Result<int64_t>> out(items.size(), Failure{"interrupted"});
  // Few are read in a moment.
  Progress shown("contents", items.size(), items.size() < kMany ? ProgressStyle::none : progress);
  parallel_for(
      items.size(),
      [&](size_t i) {
        if (interrupted()) return;
        out[i] = contents.of(items[i]);
        shown.advance();
      },
      threads);
  contents.save();
  return out;
}

}  // namespace troodon::frozen
