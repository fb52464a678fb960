#include <ostream>

#include <nlohmann/json.hpp>

#include "parquet/table.hpp"
#include "store/results.hpp"

namespace troodon::store {
namespace {

using nlohmann::json;

/// A row group is written when it has this much: readers take row groups in parallel.
constexpr int64_t kGroupRows = 1 << 16;
constexpr size_t kGroupBytes = 64 << 20;

std::string valid_text(std::string_view text) {
  // Parquet's strings are UTF-8; bytes that are not are replaced, as in JSON.
  const std::string quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(quoted).get<std::string>();
}

std::vector<parquet::Column> columns_of(const Layout& layout) {
  std::vector<parquet::Column> out = {{"id", parquet::Kind::text},
                                      {"label", parquet::Kind::int64, true},
                                      {"class", parquet::Kind::text, true},
                                      {"content_hash", parquet::Kind::int64}};
  if (layout.ragged) {
    out.push_back({"grid_rows", parquet::Kind::int32});
    out.push_back({"grid_columns", parquet::Kind::int32});
  }
  out.push_back(
      {"feature",
       layout.dtype == DType::f16 ? parquet::Kind::half_list : parquet::Kind::float_list});
  return out;
}

/// Rows that wait for their row group; the parts stay mapped for so long.
class Group {
 public:
  Group(const Layout& layout, const std::vector<std::string>& classes)
      : layout_(layout), classes_(classes), cells_(columns_of(layout).size()) {}

  int64_t rows() const { return rows_; }
  bool full() const { return rows_ >= kGroupRows || bytes_ >= kGroupBytes; }
  std::span<const parquet::Cells> cells() const { return cells_; }

  void add(const Slice& slice) {
    for (int64_t i = 0; i < slice.count; ++i) {
      cells_[0].texts.push_back(valid_text(slice.part->id(slice.first + i)));
      add_label(slice.labels()[static_cast<size_t>(i)]);
      add_grid(slice, static_cast<size_t>(i));
    }
    const auto hashes = slice.content_hash();
    cells_[3].numbers.insert(cells_[3].numbers.end(), hashes.begin(), hashes.end());
    cells_.back().values.push_back(slice.features());
    bytes_ += slice.features().size();
    rows_ += slice.count;
    parts_.push_back(slice.part);
  }

 private:
  void add_label(int64_t label) {
    const bool named = label >= 0 && static_cast<size_t>(label) < classes_.size();
    cells_[1].present.push_back(label >= 0);
    if (label >= 0) cells_[1].numbers.push_back(label);
    cells_[2].present.push_back(named);
    if (named) cells_[2].texts.push_back(valid_text(classes_[static_cast<size_t>(label)]));
  }
  void add_grid(const Slice& slice, size_t row) {
    auto values = static_cast<int64_t>(layout_.item_bytes() / dtype_bytes(layout_.dtype));
    if (layout_.ragged) {
      const auto grid = slice.grids().subspan(2 * row, 2);
      cells_[4].numbers.push_back(grid[0]);
      cells_[5].numbers.push_back(grid[1]);
      values *= grid[0] * grid[1];
    }
    cells_.back().lengths.push_back(values);
  }

  const Layout& layout_;
  const std::vector<std::string>& classes_;
  std::vector<parquet::Cells> cells_;
  std::vector<std::shared_ptr<const Part>> parts_;
  int64_t rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

void write_parquet_file(
    const fs::path& file, const Parts& parts, int64_t from, int64_t to, const ResultInfo& info) {
  auto metadata = info.metadata;
  metadata["item_shape"] = json(parts.layout().item).dump();
  metadata["classes"] = json(info.classes).dump(-1, ' ', false, json::error_handler_t::replace);
  write_atomically(file, [&](std::ostream& out) {
    parquet::Writer writer(out, columns_of(parts.layout()));
    std::optional<Group> group;
    const auto flush = [&] {
      if (group && group->rows() > 0) writer.row_group(group->rows(), group->cells());
      group.emplace(parts.layout(), info.classes);
    };
    flush();
    parts.each_slice(from, to, [&](const Slice& slice) {
      group->add(slice);
      if (group->full()) flush();
    });
    flush();
    writer.finish(metadata);
  });
}

}  // namespace troodon::store
