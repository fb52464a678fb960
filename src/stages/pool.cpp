#include "stages/pool.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/error.hpp"
#include "index/features.hpp"

namespace troodon::stages {
namespace {

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
      first += here, count -= here, out += here * dim, ++piece;
    }
  }

 private:
  std::shared_ptr<const store::FeatureFile> file_;
  std::vector<int64_t> starts_;
};

/// The file's rows that `only` names, ascending.
std::vector<int64_t> rows_named(const store::FeatureFile& file,
                                const fs::path& features,
                                const fs::path& only) {
  if (file.ids.empty())
    fail(Exit::input,
         "{}: its rows have no names, so {} can't choose among them",
         features.string(),
         only.string());
  std::unordered_map<std::string_view, int64_t> places;
  for (size_t i = 0; i < file.ids.size(); ++i) places.emplace(file.ids[i], static_cast<int64_t>(i));
  std::vector<int64_t> out;
  for (const std::string& path : read_paths(only)) {
    const auto found = places.find(path);
    if (found == places.end())
      fail(Exit::input,
           "{}: {} is not among the {} rows of {}",
           only.string(),
           path,
           file.rows,
           features.string());
    out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::string Pool::path(int64_t row) const {
  const auto at = static_cast<size_t>(place(row));
  return file->ids.empty() ? std::to_string(at) : file->ids[at];
}

std::string Pool::label(int64_t row) const {
  const auto at = static_cast<size_t>(place(row));
  const int64_t label = file->labels.empty() ? -1 : file->labels[at];
  if (label < 0) return "";
  return label < static_cast<int64_t>(file->classes.size())
             ? file->classes[static_cast<size_t>(label)]
             : std::to_string(label);
}

Pool open_pool(const fs::path& features, const fs::path& only) {
  Pool pool;
  pool.file = std::make_shared<const store::FeatureFile>(store::open_features(features));
  const store::Layout& layout = pool.file->layout;
  if (layout.ragged || layout.item.size() != 1)
    fail(Exit::input,
         "{}: wanted one vector per picture, not a grid; make it with --output cls",
         features.string());
  const Reader reader(pool.file);
  pool.rows = {.rows = pool.file->rows,
               .dim = layout.item[0],
               .read = [reader](int64_t first, int64_t count, float* out) {
                 reader.read(first, count, out);
               }};
  if (!only.empty()) {
    pool.chosen = rows_named(*pool.file, features, only);
    pool.rows.rows = static_cast<int64_t>(pool.chosen.size());
    pool.rows.read = [reader, chosen = pool.chosen, dim = pool.rows.dim](
                         int64_t first, int64_t count, float* out) {
      for (int64_t i = 0; i < count;) {  // runs of neighbours in one go
        int64_t run = 1;
        const auto at = chosen.begin() + first + i;
        while (i + run < count && at[run] == at[0] + run) ++run;
        reader.read(at[0], run, out + i * dim);
        i += run;
      }
    };
  }
  if (pool.size() == 0) fail(Exit::input, "{}: no rows are left", features.string());
  return pool;
}

std::vector<Column> columns_of(const Pool& pool, const std::vector<int64_t>& rows) {
  std::vector<std::string> paths, labels;
  for (const int64_t row : rows) {
    paths.push_back(pool.path(row));
    if (pool.has_labels()) labels.push_back(pool.label(row));
  }
  std::vector<Column> out{{"path", std::move(paths)}};
  if (pool.has_labels()) out.push_back({"label", std::move(labels)});
  return out;
}

}  // namespace troodon::stages
