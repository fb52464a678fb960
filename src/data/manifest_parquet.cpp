#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/kinds.hpp"
#include "data/manifest.hpp"
#include "parquet/table.hpp"

namespace troodon::data {
namespace {

/// The column that holds encoded pictures, if there is one: the named one, else image.
std::optional<size_t> pictures_column(const parquet::File& file, const SourceOptions& options) {
  const std::string name = options.path.empty() ? "image" : options.path;
  for (size_t i = 0; i < file.columns.size(); ++i) {
    const parquet::Column& column = file.columns[i];
    // A struct {bytes, path} is how Hugging Face datasets keep a picture.
    if (column.kind == parquet::Kind::bytes &&
        (column.name == name || column.name == name + ".bytes"))
      return i;
  }
  return std::nullopt;
}

/// One row group's columns as texts; those without meaning stay empty.
std::vector<std::vector<std::string>> read_group(const parquet::File& file,
                                                 size_t group,
                                                 const ManifestColumns& at) {
  std::vector<std::vector<std::string>> out(file.columns.size());
  std::set<size_t> chosen = {at.path, at.label, at.split, at.group};
  if (at.offset != at.none && at.bytes != at.none) chosen.insert({at.offset, at.bytes});
  chosen.erase(at.none);
  for (const size_t column : chosen) out[column] = parquet::read_texts(file, group, column);
  return out;
}

void add_file(ManifestRows& rows,
              const fs::path& path,
              const std::string& name,
              const SourceOptions& options) {
  const parquet::File file = parquet::open_file(path);
  const auto pictures = pictures_column(file, options);
  std::vector<std::string> header;
  for (const auto& column : file.columns) header.push_back(column.name);
  const ManifestColumns at = manifest_columns(header, options, path.string(), !pictures);
  size_t first = 0;
  for (size_t g = 0; g < file.groups.size(); ++g) {
    const auto texts = read_group(file, g, at);
    std::vector<parquet::Place> places;
    if (pictures) places = parquet::value_places(file, g, *pictures);
    const auto count = static_cast<size_t>(file.groups[g].rows);
    for (size_t row = 0; row < count; ++row) {
      const auto cell = [&](size_t column) -> const std::string& { return texts[column][row]; };
      if (!pictures) {
        rows.add(at, path, cell, nullptr);
        continue;
      }
      Item item{.path = path.string(),
                .id = fmt::format("{}#{:09}", name, first + row),
                .offset = places[row].offset,
                .bytes = places[row].bytes,
                .value = places[row].value};
      rows.add(at, path, cell, &item);
    }
    first += count;
  }
}

/// Names of the labels 0, 1, ... where Hugging Face datasets wrote the file; else none.
std::vector<std::string> class_names(const fs::path& path, const std::string& column) {
  const auto metadata = parquet::open_file(path).metadata;
  const auto found = metadata.find("huggingface");
  if (found == metadata.end()) return {};
  using Json = nlohmann::json;
  const Json info = Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  const Json::json_pointer at =
      Json::json_pointer("/info/features") / (column.empty() ? "label" : column) / "names";
  if (info.is_discarded() || !info.contains(at) || !info.at(at).is_array()) return {};
  std::vector<std::string> out;
  for (const Json& name : info.at(at)) {
    if (!name.is_string()) return {};
    out.push_back(name.get<std::string>());
  }
  return out;
}

/// Gives numbered labels their names, where there is one for each and all differ.
void name_classes(Source& source, std::vector<std::string> names) {
  const bool numbered = !source.classes.empty() && source.classes[0] == "0";
  const bool unlike = std::set(names.begin(), names.end()).size() == names.size();
  if (numbered && unlike && names.size() >= source.classes.size())
    source.classes = std::move(names);
}

}  // namespace

Source open_parquet(const std::vector<std::string>& files, const SourceOptions& options) {
  std::set<fs::path> folders;
  for (const std::string& file : files) folders.insert(fs::path(file).parent_path());
  ManifestRows rows(options);
  for (const std::string& file : files)
    add_file(rows, file, folders.size() == 1 ? fs::path(file).filename().string() : file, options);
  Source source =
      rows.finish(files.size() == 1 ? files.front() : fmt::format("{} tables", files.size()));
  name_classes(source, class_names(files.front(), options.label));
  return source;
}

}  // namespace troodon::data
