#include "store/parts.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace troodon::store {
namespace {

using nlohmann::json;

std::string_view text_of(const TensorView& view) {
  return {reinterpret_cast<const char*>(view.data.data()), view.data.size()};
}

}  // namespace

void write_part(const fs::path& file, const Rows& rows) {
  const auto count = static_cast<int64_t>(rows.ids.size());
  std::string text;
  std::vector<int64_t> offsets = {0};
  for (const auto& id : rows.ids) {
    text += id;
    offsets.push_back(static_cast<int64_t>(text.size()));
  }
  const auto sized = [](const auto& bytes) { return static_cast<int64_t>(bytes.size()); };
  // 8-byte numbers first: what follows them stays aligned.
  std::vector<TensorView> tensors = {
      {"labels", DType::i64, {count}, bytes_of(rows.labels)},
      {"content_hash", DType::i64, {count}, bytes_of(rows.content_hash)},
      {"id_offsets", DType::i64, {count + 1}, bytes_of(offsets)}};
  if (!rows.grids.empty())
    tensors.push_back({"grids", DType::i64, {count, 2}, bytes_of(rows.grids)});
  tensors.push_back({"features", DType::u8, {sized(rows.features)}, bytes_of(rows.features)});
  tensors.push_back({"id_text", DType::u8, {sized(text)}, std::as_bytes(std::span(text))});
  const json bad = rows.bad;
  write_safetensors(
      file, tensors, {{"bad", bad.dump(-1, ' ', false, json::error_handler_t::replace)}});
}

Part::Part(const fs::path& file, Layout layout) : layout_(std::move(layout)), file_(file) {
  const auto bytes = file_.at("features").data.size();
  const auto wanted = static_cast<size_t>(tokens(0, rows())) * layout_.item_bytes();
  if (bytes != wanted || content_hash().size() != labels().size()) {
    fail(Exit::input, "{}: this part is damaged; delete it and repeat the command", file.string());
  }
}

std::span<const int64_t> Part::labels() const {
  return file_.at("labels").as<int64_t>();
}
std::span<const int64_t> Part::content_hash() const {
  return file_.at("content_hash").as<int64_t>();
}
std::span<const int64_t> Part::grids() const {
  const TensorView* found = file_.find("grids");
  return found == nullptr ? std::span<const int64_t>() : found->as<int64_t>();
}

std::string_view Part::id(int64_t row) const {
  const auto offsets = file_.at("id_offsets").as<int64_t>().subspan(static_cast<size_t>(row), 2);
  return text_of(file_.at("id_text"))
      .substr(static_cast<size_t>(offsets[0]), static_cast<size_t>(offsets[1] - offsets[0]));
}

int64_t Part::tokens(int64_t first, int64_t count) const {
  if (!layout_.ragged) return count;
  int64_t out = 0;
  const auto grid = grids();
  for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(first + count); ++i)
    out += grid[2 * i] * grid[2 * i + 1];
  return out;
}

std::span<const std::byte> Part::features(int64_t first, int64_t count) const {
  const size_t bytes = layout_.item_bytes();
  return file_.at("features")
      .data.subspan(static_cast<size_t>(tokens(0, first)) * bytes,
                    static_cast<size_t>(tokens(first, count)) * bytes);
}

std::map<std::string, std::string> Part::bad() const {
  return json::parse(file_.metadata().at("bad")).get<std::map<std::string, std::string>>();
}

Parts::Parts(std::vector<fs::path> files, Layout layout)
    : files_(std::move(files)), layout_(std::move(layout)), rows_before_{0} {
  for (const auto& file : files_) {
    const Part part(file, layout_);
    rows_before_.push_back(rows_before_.back() + part.rows());
    labelled_ = labelled_ || std::ranges::any_of(part.labels(), [](int64_t l) { return l >= 0; });
  }
}

void Parts::each_slice(int64_t from,
                       int64_t to,
                       const std::function<void(const Slice&)>& take) const {
  const auto above = std::ranges::upper_bound(rows_before_, from);
  for (auto i = static_cast<size_t>(above - rows_before_.begin()) - 1; i < files_.size(); ++i) {
    const int64_t first = std::max(from, rows_before_[i]), end = std::min(to, rows_before_[i + 1]);
    if (rows_before_[i] >= to) return;
    if (first >= end) continue;
    take({std::make_shared<const Part>(files_[i], layout_), first - rows_before_[i], end - first});
  }
}

void Parts::each_bad(
    const std::function<void(const std::string&, const std::string&)>& take) const {
  for (const auto& file : files_) {
    for (const auto& [path, reason] : Part(file, layout_).bad()) take(path, reason);
  }
}

int64_t Parts::tokens(int64_t from, int64_t to) const {
  if (!layout_.ragged) return to - from;
  int64_t out = 0;
  each_slice(from, to, [&](const Slice& s) { out += s.part->tokens(s.first, s.count); });
  return out;
}

}  // namespace troodon::store
