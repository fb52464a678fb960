#include "recipe/embed.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "data/source.hpp"
#include "stages/looks.hpp"

namespace troodon::recipe {
namespace {

fs::path parts_of(const fs::path& looks) {
  return looks.string() + ".parts";
}

fs::path part_file(const fs::path& looks, int64_t part) {
  return parts_of(looks) / fmt::format("{:08}", part);
}

/// Looks at pictures while they pass, and keeps that beside the file for it.
infer::Observer looker(const fs::path& looks) {
  return {.see =
              [](std::span<const std::byte> stored, const Result<image::Image>& pixels) {
                return stages::bytes_of(stages::look_at(stored, pixels, /*fingerprints=*/true));
              },
          .keep =
              [looks](int64_t part, const std::vector<std::string>& seen) {
                ByteWriter bytes;
                for (const std::string& one : seen) bytes.put(one);
                write_atomically(part_file(looks, part), bytes.take());
              }};
}

/// Puts the parts together.
void assemble(const data::Source& source, const fs::path& file) {
  int64_t part = 0;
  std::string bytes;
  ByteReader in(bytes);
  stages::write_looks(file, stages::pool_of(source), [&] {
    if (in.at_end()) {
      bytes = read_text(part_file(file, part++));
      in = ByteReader(bytes);
    }
    std::string look;
    in.get(look);
    return look;
  });
  std::error_code ignored;
  fs::remove_all(parts_of(file), ignored);
}

}  // namespace

infer::ExtractResult embed(const EmbedOptions& options) {
  infer::ExtractOptions extract = options.extract;
  extract.update = true;
  extract.ranks = options.running.ranks;
  extract.threads = extract.embed.threads = options.running.threads;
  extract.progress = options.running.first() ? options.running.progress : ProgressStyle::none;
  const bool looks = !options.looks.empty() && !extract.dry_run;
  if (looks) extract.observer = looker(options.looks);
  // Parts of looks go with parts of features; without them they are to be seen again.
  const fs::path parts = extract.out.string() + ".parts";
  if (looks && fs::exists(parts) && !fs::exists(parts_of(options.looks)) && options.running.first())
    fs::remove_all(parts);
  infer::ExtractResult result = infer::extract(extract);
  if (result.interrupted || !looks || !options.running.first()) return result;
  data::Source source = data::open_source(extract.input);
  if (extract.limit > 0 && static_cast<size_t>(extract.limit) < source.items.size())
    source.items.resize(static_cast<size_t>(extract.limit));
  assemble(source, options.looks);
  return result;
}

}  // namespace troodon::recipe
