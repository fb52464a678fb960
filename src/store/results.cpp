#include "store/results.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <ostream>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/place.hpp"
#include "base/tensor_stream.hpp"

namespace troodon::store {
namespace {

using nlohmann::json;

/// Readers of safetensors accept headers up to 100 MB; above this the ids become tensors.
constexpr size_t kLongestHeaderIds = 16 << 20;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class T>
void put(std::ostream& out, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

/// The rows that go into one file.
struct Range {
  const Parts& parts;
  int64_t from, to;

  int64_t rows() const { return to - from; }
  void each(const std::function<void(const Slice&)>& take) const {
    parts.each_slice(from, to, take);
  }
  void each_id(const std::function<void(std::string_view)>& take) const {
    each([&](const Slice& s) {
      for (int64_t i = 0; i < s.count; ++i) take(s.part->id(s.first + i));
    });
  }
  /// Where each row's tokens end, from 0 on: [rows + 1].
  void each_offset(const std::function<void(int64_t)>& take) const {
    int64_t at = 0;
    take(at);
    each([&](const Slice& s) {
      const auto grids = s.grids();
      for (size_t i = 0; i < grids.size(); i += 2) take(at += grids[i] * grids[i + 1]);
    });
  }
  std::vector<int64_t> shape() const {
    std::vector<int64_t> out = parts.layout().item;
    out.insert(out.begin(), parts.tokens(from, to));
    return out;
  }
};

/// A tensor of the file and what writes its bytes.
struct Column {
  TensorView view;
  std::function<void(std::ostream&)> fill;
};

template <class Get>
Column numbers(const Range& range, const char* name, std::vector<int64_t> shape, Get get) {
  return {{name, DType::i64, std::move(shape), {}}, [&range, get](std::ostream& out) {
            range.each([&](const Slice& s) { put(out, get(s)); });
          }};
}

void put_number(std::ostream& out, int64_t value) {
  put(out, std::span<const int64_t>(&value, 1));
}

/// The ids as tensors: where each ends, and their text.
void add_id_tensors(const Range& range, int64_t text_bytes, std::vector<Column>& columns) {
  columns.push_back(
      {{"id_offsets", DType::i64, {range.rows() + 1}, {}}, [&range](std::ostream& out) {
         int64_t at = 0;
         put_number(out, at);
         range.each_id(
             [&](std::string_view id) { put_number(out, at += static_cast<int64_t>(id.size())); });
       }});
  columns.push_back({{"id_text", DType::u8, {text_bytes}, {}}, [&range](std::ostream& out) {
                       range.each_id([&](std::string_view id) { out << id; });
                     }});
}

std::map<std::string, std::string> metadata_of(const Range& range, const ResultInfo& info) {
  auto out = info.metadata;
  out["item_shape"] = json(range.parts.layout().item).dump();
  if (range.parts.labelled()) out["classes"] = text_of(info.classes);
  return out;
}

void write_safetensors_file(const fs::path& file, const Range& range, const ResultInfo& info) {
  const Layout& layout = range.parts.layout();
  auto metadata = metadata_of(range, info);
  size_t id_bytes = 0;
  range.each_id([&](std::string_view id) { id_bytes += id.size(); });
  // 8-byte numbers first: what follows them stays aligned.
  std::vector<Column> columns = {numbers(
      range, "content_hash", {range.rows()}, [](const Slice& s) { return s.content_hash(); })};
  if (range.parts.labelled())
    columns.push_back(
        numbers(range, "labels", {range.rows()}, [](const Slice& s) { return s.labels(); }));
  if (layout.ragged) {
    columns.push_back(
        numbers(range, "grids", {range.rows(), 2}, [](const Slice& s) { return s.grids(); }));
    columns.push_back({{"offsets", DType::i64, {range.rows() + 1}, {}}, [&](std::ostream& out) {
                         range.each_offset([&](int64_t at) { put_number(out, at); });
                       }});
  }
  if (id_bytes + 4 * static_cast<size_t>(range.rows()) <= kLongestHeaderIds) {
    json ids = json::array();
    range.each_id([&](std::string_view id) { ids.push_back(id); });
    metadata["ids"] = text_of(ids);
  } else {
    add_id_tensors(range, static_cast<int64_t>(id_bytes), columns);
  }
  const auto before_text =
      std::ranges::find(columns, "id_text", [](const Column& c) { return c.view.name; });
  columns.insert(before_text,
                 Column{{"features", layout.dtype, range.shape(), {}}, [&](std::ostream& out) {
                          range.each([&](const Slice& s) { put(out, s.features()); });
                        }});
  std::vector<TensorView> views;
  for (const Column& column : columns) views.push_back(column.view);
  write_safetensors(
      file, views, metadata, [&](std::ostream& out, size_t i) { columns[i].fill(out); });
}

/// Writes `"name": [a, b, ...]`; `each` calls its argument with one JSON text after another.
template <class Each>
void put_list(std::ostream& out, const char* name, const Each& each) {
  out << ", \"" << name << "\": [";
  const char* comma = "";
  each([&](const std::string& text) {
    out << comma << text;
    comma = ", ";
  });
  out << "]";
}

void write_sidecar(const fs::path& file, const Range& range, const ResultInfo& info) {
  write_atomically(file, [&](std::ostream& out) {
    out << "{\"rows\": " << range.rows();
    for (const auto& [key, value] : metadata_of(range, info)) {
      const bool structured = key == "classes" || key == "item_shape";
      out << ", " << text_of(key) << ": " << (structured ? value : text_of(value));
    }
    put_list(out, "ids", [&](const auto& put_text) {
      range.each_id([&](std::string_view id) { put_text(text_of(std::string(id))); });
    });
    const auto numbers = [&](const char* name, auto get, auto text) {
      put_list(out, name, [&](const auto& put_text) {
        range.each([&](const Slice& s) {
          for (const int64_t value : get(s)) put_text(text(value));
        });
      });
    };
    const auto plain = [](int64_t value) { return std::to_string(value); };
    if (range.parts.labelled()) numbers("labels", [](const Slice& s) { return s.labels(); }, plain);
    if (range.parts.layout().ragged)
      numbers("grids", [](const Slice& s) { return s.grids(); }, plain);
    numbers(
        "content_hash",
        [](const Slice& s) { return s.content_hash(); },
        [](int64_t value) { return '"' + hash_text(value) + '"'; });
    out << "}\n";
  });
}

void write_shards(const Destination& to,
                  const Parts& parts,
                  const ResultInfo& info,
                  const fs::path& scratch) {
  static const std::map<Format, const char*> names = {
      {Format::safetensors, "safetensors"}, {Format::npy, "npy"}, {Format::parquet, "parquet"}};
  fs::remove_all(scratch);
  make_folders(scratch);
  json shards = json::array();
  for (int64_t from = 0; from < parts.rows(); from += to.shard_rows) {
    const int64_t end = std::min(from + to.shard_rows, parts.rows());
    const std::string name = fmt::format("features-{:05}.{}", shards.size(), names.at(to.format));
    write_file(scratch / name, to.format, parts, from, end, info);
    shards.push_back({{"file", name},
                      {"first", from},
                      {"rows", end - from},
                      {"bytes", fs::file_size(scratch / name)}});
  }
  const nlohmann::ordered_json index = {{"rows", parts.rows()},
                                        {"dtype", dtype_name(parts.layout().dtype)},
                                        {"item_shape", parts.layout().item},
                                        {"ragged", parts.layout().ragged},
                                        {"metadata", info.metadata},
                                        {"classes", info.classes},
                                        {"shards", shards}};
  write_atomically(
      scratch / "index.json",
      index.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  if (exchange(scratch, to.path)) fs::remove_all(scratch);
}

}  // namespace

Destination destination_of(const fs::path& out, const std::string& shard_format) {
  static const std::map<std::string, Format> formats = {
      {".safetensors", Format::safetensors}, {".npy", Format::npy}, {".parquet", Format::parquet}};
  Destination to{.path = out.has_filename() ? out : out.parent_path()};
  const std::string extension = to.path.extension().string();
  to.folder = !out.has_filename() || extension.empty() || fs::is_directory(out);
  const auto found = formats.find(to.folder ? "." + shard_format : extension);
  if (found == formats.end()) {
    fail(Exit::usage,
         "{}: features are kept as .safetensors, .npy or .parquet, or in a folder of such files",
         out.string());
  }
  to.format = found->second;
  return to;
}

void write_result(const Destination& to,
                  const Parts& parts,
                  const ResultInfo& info,
                  const fs::path& scratch) {
  if (to.folder) return write_shards(to, parts, info, scratch);
  if (to.format != Format::npy) return write_file(to.path, to.format, parts, 0, parts.rows(), info);
  // Two files: both are whole before either is seen.
  make_folders(scratch);
  write_file(scratch / "f.npy", to.format, parts, 0, parts.rows(), info);
  std::error_code error;
  fs::rename(scratch / "f.json", fs::path(to.path).replace_extension(".json"), error);
  if (!error) fs::rename(scratch / "f.npy", to.path, error);
  if (error) fail(Exit::resource, "{}: cannot be replaced ({})", to.path.string(), error.message());
}

void write_file(const fs::path& file,
                Format format,
                const Parts& parts,
                int64_t from,
                int64_t to,
                const ResultInfo& info) {
  const Range range{parts, from, to};
  if (format == Format::parquet) return write_parquet_file(file, parts, from, to, info);
  if (format == Format::safetensors) return write_safetensors_file(file, range, info);
  write_sidecar(fs::path(file).replace_extension(".json"), range, info);
  write_npy(file, parts.layout().dtype, range.shape(), [&](std::ostream& out) {
    range.each([&](const Slice& s) { put(out, s.features()); });
  });
}

std::string hash_text(int64_t bits) {
  return fmt::format("{:016x}", static_cast<uint64_t>(bits));
}
int64_t hash_bits(const std::string& text) {
  return static_cast<int64_t>(std::strtoull(text.c_str(), nullptr, 16));
}

}  // namespace troodon::store
