#include "stages/looks.hpp"

#include <ostream>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace troodon::stages {
namespace {

constexpr std::string_view kMagic = "troodon looks 1\n";

bool is_look_file(const std::string& pictures) {
  return fs::path(pictures).extension() == ".looks" && fs::is_regular_file(pictures);
}

}  // namespace

std::string bytes_of(const Look& look) {
  ByteWriter out;
  out.put(look.reason);
  if (!look.reason.empty()) return out.take();
  const fingerprint::Fingerprint& print = look.print;
  return out.put(look.content)
      .put(look.quality)
      .put(print.whole)
      .put(print.inside)
      .put(print.difference)
      .put(print.aspect)
      .put(print.thumbnail)
      .put(print.windows)
      .take();
}

Look look_of(std::string_view bytes, bool fingerprint) {
  Look out;
  ByteReader in(bytes);
  in.get(out.reason);
  if (!out.reason.empty()) return out;
  in.get(out.content).get(out.quality);
  if (!fingerprint) return out;
  fingerprint::Fingerprint& print = out.print;
  in.get(print.whole)
      .get(print.inside)
      .get(print.difference)
      .get(print.aspect)
      .get(print.thumbnail)
      .get(print.windows);
  return out;
}

void write_looks(const fs::path& file, const Pool& pool, const std::function<std::string()>& next) {
  write_atomically(file, [&](std::ostream& out) {
    out << kMagic;
    const auto write = [&](ByteWriter bytes) { out << bytes.take(); };
    write(std::move(ByteWriter().put(pool.size()).put(pool.classes.size())));
    for (const std::string& name : pool.classes) write(std::move(ByteWriter().put(name)));
    for (int64_t row = 0; row < pool.size(); ++row) {
      const auto i = static_cast<size_t>(row);
      const int64_t label = pool.labels.empty() ? -1 : pool.labels[i];
      write(std::move(ByteWriter().put(pool.path(row)).put(label).put(next())));
    }
  });
}

Looked read_looks(const fs::path& file, bool fingerprints) {
  const MappedFile mapped(file);
  std::string_view bytes(reinterpret_cast<const char*>(mapped.bytes().data()),
                         mapped.bytes().size());
  if (!bytes.starts_with(kMagic))
    fail(Exit::input, "{}: not a file of `troodon curate embed`; make it anew", file.string());
  ByteReader in(bytes.substr(kMagic.size()));
  Looked out;
  int64_t rows = 0;
  size_t classes = 0;
  in.get(rows).get(classes);
  out.pool.classes.resize(classes);
  for (std::string& name : out.pool.classes) in.get(name);
  std::string path, look;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t label = -1;
    in.get(path).get(label).get(look);
    out.pool.paths.push_back(path);
    if (classes > 0) out.pool.labels.push_back(label);
    out.looks.push_back(look_of(look, fingerprints));
  }
  return out;
}

std::vector<Look> in_order_of(Looked looked, const Pool& pool, const std::string& where) {
  std::unordered_map<std::string_view, size_t> places;
  for (size_t i = 0; i < looked.looks.size(); ++i) places.emplace(looked.pool.paths[i], i);
  std::vector<Look> out;
  for (const std::string& path : pool.paths) {
    const auto found = places.find(path);
    if (found == places.end())
      fail(Exit::input, "{}, which has features, is not among the pictures of {}", path, where);
    out.push_back(std::move(looked.looks[found->second]));
  }
  return out;
}

Looked look_at_pool(const std::string& pictures,
                    const fs::path& only,
                    const LookOptions& options,
                    const Work& work) {
  if (is_look_file(pictures)) {
    Looked all = read_looks(pictures, options.fingerprints);
    if (only.empty()) return all;
    const auto rows = rows_named(all.pool.paths, pictures, only);
    return {.pool = part_of(std::move(all.pool), rows), .looks = part_of(all.looks, rows)};
  }
  const data::Source source = narrowed(data::open_source(pictures), only);
  return {.pool = pool_of(source), .looks = look_at(source, options, work)};
}

}  // namespace troodon::stages
