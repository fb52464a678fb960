#include "store/feature_file.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "parquet/table.hpp"
#include "store/results.hpp"

namespace troodon::store {
namespace {

using nlohmann::json;

/// Rows and layout from the shape of the features.
void take_shape(FeatureFile& out, const TensorView& view) {
  if (view.shape.empty()) fail("features are a single number");
  out.layout.dtype = view.dtype;
  out.layout.item.assign(view.shape.begin() + 1, view.shape.end());
  out.layout.ragged = !out.grids.empty();
  out.rows = out.layout.ragged ? static_cast<int64_t>(out.grids.size() / 2) : view.shape[0];
  out.pieces.push_back({view.shape[0], view.data});
}

std::vector<int64_t> integers(const TensorFile& file, const char* name) {
  const TensorView* found = file.find(name);
  if (found == nullptr) return {};
  if (found->dtype != DType::i64) fail("{} are {}, wanted I64", name, dtype_name(found->dtype));
  const auto values = found->as<int64_t>();
  return {values.begin(), values.end()};
}

std::vector<std::string> id_tensors(const TensorFile& file) {
  const std::vector<int64_t> offsets = integers(file, "id_offsets");
  if (offsets.empty()) return {};
  const auto bytes = file.at("id_text").data;
  std::vector<std::string> out;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    const int64_t from = offsets[i], to = offsets[i + 1];
    if (from < 0 || to < from || static_cast<size_t>(to) > bytes.size())
      fail("id_offsets make no sense");
    out.emplace_back(reinterpret_cast<const char*>(bytes.data()) + from,
                     static_cast<size_t>(to - from));
  }
  return out;
}

FeatureFile open_tensors(const fs::path& path, Load load) {
  const auto file = std::make_shared<const TensorFile>(path);
  FeatureFile out{.metadata = file->metadata(), .mappings = {file}};
  out.grids = integers(*file, "grids");
  take_shape(out, file->at("features"));
  out.content_hash = integers(*file, "content_hash");
  const auto names = [&](const char* key) {
    const auto found = out.metadata.find(key);
    if (found == out.metadata.end()) return std::vector<std::string>();
    return json::parse(found->second).get<std::vector<std::string>>();
  };
  out.classes = names("classes");
  if (load == Load::rows_alone) return out;
  out.labels = integers(*file, "labels");
  out.ids = names("ids");
  if (out.ids.empty()) out.ids = id_tensors(*file);
  return out;
}

FeatureFile open_npy(const fs::path& path, Load load) {
  const auto file = std::make_shared<const NpyFile>(read_npy(path));
  FeatureFile out{.mappings = {file}};
  const fs::path sidecar = fs::path(path).replace_extension(".json");
  const json info = fs::exists(sidecar) ? json::parse(read_text(sidecar)) : json::object();
  for (const auto& [key, value] : info.items()) {
    if (value.is_string()) out.metadata[key] = value.get<std::string>();
  }
  if (info.contains("grids")) info.at("grids").get_to(out.grids);
  take_shape(out, file->view);
  if (info.contains("classes")) info.at("classes").get_to(out.classes);
  if (info.contains("content_hash")) {
    for (const auto& text : info.at("content_hash")) out.content_hash.push_back(hash_bits(text));
  }
  if (load == Load::rows_alone) return out;
  if (info.contains("ids")) info.at("ids").get_to(out.ids);
  if (info.contains("labels")) info.at("labels").get_to(out.labels);
  return out;
}

/// Appends one row group of a table.
void take_group(FeatureFile& out, const parquet::File& table, size_t group, Load load) {
  const auto at = [&](const char* name) {
    return parquet::read_cells(table, group, table.column(name));
  };
  const auto hashes = at("content_hash").numbers;
  out.content_hash.insert(out.content_hash.end(), hashes.begin(), hashes.end());
  for (const auto& values : at("feature").values) {
    if (values.size() % out.layout.item_bytes() != 0) fail("a row of features lies in two pages");
    out.pieces.push_back({static_cast<int64_t>(values.size() / out.layout.item_bytes()), values});
  }
  out.rows += table.groups[group].rows;
  if (out.layout.ragged) {
    const auto rows = at("grid_rows").numbers, columns = at("grid_columns").numbers;
    if (rows.size() != columns.size()) fail("grid_rows and grid_columns differ in length");
    for (size_t i = 0; i < rows.size(); ++i)
      out.grids.insert(out.grids.end(), {rows[i], columns[i]});
  }
  if (load == Load::rows_alone) return;
  for (auto& id : at("id").texts) out.ids.push_back(std::move(id));
  const parquet::Cells labels = at("label");
  size_t next = 0;
  for (const bool present : labels.present)
    out.labels.push_back(present ? labels.numbers.at(next++) : -1);
}

FeatureFile open_parquet(const fs::path& path, Load load) {
  const auto table = std::make_shared<parquet::File>(parquet::open_file(path));
  FeatureFile out{.metadata = table->metadata, .mappings = {table}};
  const parquet::Column& feature = table->columns[table->column("feature")];
  if (!feature.is_list()) fail("its column 'feature' holds no lists of numbers");
  out.layout.dtype = feature.kind == parquet::Kind::half_list ? DType::f16 : DType::f32;
  json::parse(out.metadata.at("item_shape")).get_to(out.layout.item);
  if (out.layout.item_bytes() == 0) fail("its rows are empty");
  out.layout.ragged = table->has("grid_rows");
  json::parse(out.metadata.at("classes")).get_to(out.classes);
  for (size_t group = 0; group < table->groups.size(); ++group)
    take_group(out, *table, group, load);
  return out;
}

FeatureFile open_file(const fs::path& path, Load load) {
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") return open_tensors(path, load);
  if (extension == ".npy") return open_npy(path, load);
  if (extension == ".parquet") return open_parquet(path, load);
  fail(Exit::usage,
       "features are kept as .safetensors, .npy or .parquet, or in a folder of such files");
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

FeatureFile open_shards(const fs::path& folder, Load load) {
  if (!fs::exists(folder / "index.json")) fail("holds no index.json");
  const json index = json::parse(read_text(folder / "index.json"));
  FeatureFile out;
  index.at("metadata").get_to(out.metadata);
  for (const auto& shard : index.at("shards")) {
    const FeatureFile file = open_file(folder / shard.at("file").get<std::string>(), load);
    if (file.rows != shard.at("rows").get<int64_t>())
      fail("{} does not have the rows that index.json says", shard.at("file").get<std::string>());
    if (out.pieces.empty()) out.layout = file.layout;
    if (file.layout != out.layout) fail("its shards differ in dtype or shape");
    out.rows += file.rows;
    append(out.pieces, file.pieces);
    append(out.ids, file.ids);
    append(out.labels, file.labels);
    append(out.content_hash, file.content_hash);
    append(out.grids, file.grids);
    append(out.mappings, file.mappings);
    out.classes = file.classes;
  }
  if (out.rows != index.at("rows").get<int64_t>())
    fail("its shards do not have the rows that index.json says");
  return out;
}

/// Counts that must agree; throws Error.
void check(const FeatureFile& f) {
  const auto rows = static_cast<size_t>(f.rows);
  size_t bytes = 0, tokens = 0;
  for (const auto& piece : f.pieces) bytes += piece.bytes.size();
  for (size_t i = 0; i + 1 < f.grids.size(); i += 2) {
    if (f.grids[i] < 1 || f.grids[i + 1] < 1 || f.grids[i] > 1 << 20 || f.grids[i + 1] > 1 << 20)
      fail("a grid of {} x {} tokens makes no sense", f.grids[i], f.grids[i + 1]);
    tokens += static_cast<size_t>(f.grids[i] * f.grids[i + 1]);
  }
  if (bytes != (f.layout.ragged ? tokens : rows) * f.layout.item_bytes())
    fail("{} bytes of features do not make {} rows", bytes, rows);
  for (const auto& [what, count] : {std::pair("ids", f.ids.size()),
                                    std::pair("labels", f.labels.size()),
                                    std::pair("content hashes", f.content_hash.size())}) {
    if (count != 0 && count != rows) fail("{} {} for {} rows", count, what, rows);
  }
}

}  // namespace

FeatureFile open_features(const fs::path& path, Load load) {
  const std::string name = path.string() + ": ";
  try {
    FeatureFile out = fs::is_directory(path) ? open_shards(path, load) : open_file(path, load);
    // A shard may be without labels while its neighbour has some; all together decide.
    if (std::ranges::all_of(out.labels, [](int64_t label) { return label < 0; }))
      out.labels.clear();
    check(out);
    return out;
  } catch (const json::exception& error) {
    fail(Exit::input, "{}its ids, labels or classes cannot be read ({})", name, error.what());
  } catch (const std::out_of_range& error) {
    fail(Exit::input, "{}lacks what features need ({})", name, error.what());
  } catch (const Error& error) {
    const std::string text = error.what();
    const Exit code = error.code() == Exit::usage ? Exit::usage : Exit::input;
    fail(code, "{}{}", text.starts_with(path.string()) ? "" : name, text);
  }
}

Reuse::Reuse(const fs::path& old, const std::string& settings, const Layout& layout) {
  try {
    FeatureFile file = open_features(old, Load::rows_alone);
    const auto made = file.metadata.find("settings");
    if (made == file.metadata.end() || made->second != settings || file.layout != layout)
      fail("{}: was made with another model or other settings", old.string());
    if (file.content_hash.empty()) fail("{}: holds no content hashes", old.string());
    file_ = std::move(file);
  } catch (const Error& error) {
    reason_ = error.what();
    return;
  }
  int64_t tokens = 0;
  for (const auto& piece : file_.pieces) {
    piece_start_.push_back(tokens);
    tokens += piece.count;
  }
  tokens = 0;
  for (size_t i = 0; i < file_.grids.size(); i += 2) {
    token_start_.push_back(tokens);
    tokens += file_.grids[i] * file_.grids[i + 1];
  }
  for (size_t i = 0; i < file_.content_hash.size(); ++i)
    by_hash_.emplace_back(file_.content_hash[i], static_cast<int64_t>(i));
  std::ranges::sort(by_hash_);
}

std::optional<int64_t> Reuse::find(int64_t content_hash) const {
  const auto found = std::ranges::lower_bound(by_hash_, std::pair(content_hash, int64_t{0}));
  if (found == by_hash_.end() || found->first != content_hash) return std::nullopt;
  return found->second;
}

std::span<const int64_t> Reuse::grid(int64_t row) const {
  if (!file_.layout.ragged) return {};
  return std::span(file_.grids).subspan(2 * static_cast<size_t>(row), 2);
}

std::span<const std::byte> Reuse::features(int64_t row) const {
  const auto cell = grid(row);
  const int64_t from = cell.empty() ? row : token_start_[static_cast<size_t>(row)];
  const int64_t count = cell.empty() ? 1 : cell[0] * cell[1];
  const auto piece =
      static_cast<size_t>(std::ranges::upper_bound(piece_start_, from) - piece_start_.begin()) - 1;
  const size_t bytes = file_.layout.item_bytes();
  return file_.pieces[piece].bytes.subspan(static_cast<size_t>(from - piece_start_[piece]) * bytes,
                                           static_cast<size_t>(count) * bytes);
}

}  // namespace troodon::store
