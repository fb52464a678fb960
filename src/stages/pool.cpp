#include "stages/pool.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/place.hpp"
#include "index/features.hpp"
#include "store/feature_file.hpp"
#include "store/results.hpp"

namespace troodon::stages {
namespace {

// From so many bytes on, what was read is given back: a pool that streams by leaves no trace.
constexpr size_t kLarge = size_t{1} << 20;
constexpr int64_t kManySmall = 2048;

/// Where each piece of the file begins.
std::vector<int64_t> starts_of(const store::FeatureFile& file) {
  std::vector<int64_t> out{0};
  for (const auto& piece : file.pieces) out.push_back(out.back() + piece.count);
  return out;
}

/// Reads neighbouring rows of the file, whatever pieces they are in.
class Reader {
 public:
  explicit Reader(std::shared_ptr<const store::FeatureFile> file)
      : file_(std::move(file)), starts_(starts_of(*file_)) {}

  void read(int64_t first, int64_t count, float* out) const {
    const int64_t dim = file_->layout.item[0];
    const size_t bytes = file_->layout.item_bytes();
    auto piece = std::upper_bound(starts_.begin(), starts_.end(), first) - starts_.begin() - 1;
    while (count > 0) {
      const int64_t here = std::min(count, starts_[piece + 1] - first);
      const auto from = file_->pieces[piece].bytes.subspan(
          static_cast<size_t>(first - starts_[piece]) * bytes, static_cast<size_t>(here) * bytes);
      index::widen(file_->layout.dtype, from, {out, static_cast<size_t>(here * dim)});
      give_back(from);
      first += here, count -= here, out += here * dim, ++piece;
    }
  }

 private:
  /// A large part at once; after many small ones everything, as each has mapped its neighbours too.
  void give_back(std::span<const std::byte> part) const {
    if (part.size() >= kLarge) return release_pages(part);
    if (++*small_ % kManySmall != 0) return;
    for (const auto& piece : file_->pieces) release_pages(piece.bytes);
  }

  std::shared_ptr<const store::FeatureFile> file_;
  std::vector<int64_t> starts_;
  std::shared_ptr<int64_t> small_ = std::make_shared<int64_t>(0);  ///< parts read so far
};

}  // namespace

std::string Pool::label(int64_t row) const {
  const int64_t label = labels.empty() ? -1 : labels[static_cast<size_t>(row)];
  if (label < 0) return "";
  return label < static_cast<int64_t>(classes.size()) ? classes[static_cast<size_t>(label)]
                                                      : std::to_string(label);
}

std::vector<int64_t> rows_named(const std::vector<std::string>& paths,
                                const std::string& where,
                                const fs::path& only) {
  std::unordered_map<std::string_view, int64_t> places;
  for (size_t i = 0; i < paths.size(); ++i) places.emplace(paths[i], static_cast<int64_t>(i));
  std::vector<int64_t> out;
  for (const std::string& path : read_paths(only)) {
    const auto found = places.find(path);
    if (found == places.end())
      fail(Exit::input,
           "{}: {} is not among the {} pictures of {}",
           only.string(),
           path,
           paths.size(),
           where);
    out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.empty()) fail(Exit::input, "{}: names no picture", only.string());
  return out;
}

Pool part_of(Pool pool, const std::vector<int64_t>& rows) {
  if (pool.has_features()) pool.rows = index::chosen(std::move(pool.rows), rows);
  pool.paths = part_of(pool.paths, rows);
  if (!pool.labels.empty()) pool.labels = part_of(pool.labels, rows);
  return pool;
}

std::string signature(const Pool& pool) {
  std::string paths;
  for (int64_t row = 0; row < pool.size(); ++row) paths += pool.path(row) + '\n';
  return store::hash_text(static_cast<int64_t>(xxh64(std::as_bytes(std::span(paths)))));
}

Pool open_pool(const fs::path& features, const fs::path& only) {
  auto file = std::make_shared<store::FeatureFile>(store::open_features(features));
  const store::Layout& layout = file->layout;
  if (layout.ragged || layout.item.size() != 1)
    fail(Exit::input,
         "{}: wanted one vector per picture, not a grid; make it with --output cls",
         features.string());
  if (file->rows == 0) fail(Exit::input, "{}: has no rows", features.string());
  Pool pool{.paths = std::move(file->ids),
            .labels = std::move(file->labels),
            .classes = std::move(file->classes)};
  if (pool.paths.empty()) {  // numbers, as the stages before this one wrote them
    for (int64_t row = 0; row < file->rows; ++row) pool.paths.push_back(std::to_string(row));
  }
  pool.rows = {.rows = file->rows,
               .dim = layout.item[0],
               .read = [reader = Reader(file)](int64_t first, int64_t count, float* out) {
                 reader.read(first, count, out);
               }};
  if (only.empty()) return pool;
  const auto rows = rows_named(pool.paths, features.string(), only);
  return part_of(std::move(pool), rows);
}

Pool open_set(const fs::path& features, const Pool& pool) {
  Pool set = open_pool(features);
  if (set.rows.dim != pool.rows.dim)
    fail(Exit::input,
         "{}: vectors of {} numbers, the pool's have {}; embed both with one network",
         features.string(),
         set.rows.dim,
         pool.rows.dim);
  return set;
}

Pool pool_of(const data::Source& source) {
  Pool pool{.classes = source.classes};
  for (const data::Item& item : source.items) {
    pool.paths.push_back(item.id);
    if (!source.classes.empty()) pool.labels.push_back(item.label);
  }
  return pool;
}

data::Source narrowed(data::Source source, const fs::path& only) {
  if (only.empty()) return source;
  std::vector<std::string> ids;
  for (const data::Item& item : source.items) ids.push_back(item.id);
  source.items = part_of(source.items, rows_named(ids, source.description, only));
  return source;
}

std::vector<Column> columns_of(const Pool& pool, const std::vector<int64_t>& rows) {
  std::vector<std::string> paths, labels;
  for (const int64_t row : rows) {
    paths.push_back(pool.path(row));
    if (!pool.labels.empty()) labels.push_back(pool.label(row));
  }
  std::vector<Column> out{{"path", std::move(paths)}};
  if (!pool.labels.empty()) out.push_back({"label", std::move(labels)});
  return out;
}

}  // namespace troodon::stages
