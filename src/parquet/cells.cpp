#include <cmath>

#include "parquet/values.hpp"

namespace troodon::parquet {
namespace {

constexpr uint64_t kMostTextBytes = 1 << 30;  ///< of a column in a row group

Cells read_flat(const File& file, const Group& group, size_t at) {
  const Column& column = file.columns[at];
  const Leaf& leaf = file.leaves[at];
  const Chunk& chunk = group.chunks[at];
  check_rows(group, chunk);
  Cells out, dictionary;
  uint64_t text_bytes = 0;
  each_page(file, chunk, [&](const PageHead& head, Bytes bytes, uint64_t) {
    const bool is_dictionary = head.type == kDictionaryPage;
    const Page page =
        open_page(head, bytes.subspan(head.bytes), chunk.codec, is_dictionary ? Leaf() : leaf);
    if (is_dictionary) {
      if (head.values > static_cast<uint64_t>(kMostRows)) fail("its dictionary is too large");
      const int encoding = head.encoding == kPlainDictionary ? kPlain : head.encoding;
      return add_values(column, leaf, encoding, page.data, head.values, {}, dictionary);
    }
    const uint64_t present =
        each_presence(page, leaf, head.values, [&](uint64_t count, bool there) {
          out.present.insert(out.present.end(), count, there);
        });
    const size_t before = out.texts.size();
    add_values(column, leaf, head.encoding, page.data, present, dictionary, out);
    for (size_t i = before; i < out.texts.size(); ++i) text_bytes += out.texts[i].size();
    if (text_bytes > kMostTextBytes)
      fail(
          "a row group of it holds more than {} bytes of text; rewrite it with smaller ones "
          "(row_group_size=100000)",
          kMostTextBytes);
  });
  return out;
}

/// Adds to the rows' lengths what a page's repetition levels say: 0 begins a row.
void add_lengths(Bytes levels, uint64_t values, std::vector<int64_t>& lengths) {
  each_run(levels, 1, values, [&](uint64_t count, uint64_t level) {
    if (level == 0) {
      lengths.insert(lengths.end(), count, 1);
    } else if (lengths.empty()) {
      fail("a list begins in its middle");
    } else {
      lengths.back() += static_cast<int64_t>(count);
    }
  });
}

Cells read_lists(const File& file, const Group& group, size_t at) {
  const Chunk& chunk = group.chunks[at];
  const uint64_t width = file.columns[at].kind == Kind::half_list ? 2 : 4;
  if (chunk.codec != kUncompressed) fail("lists are read uncompressed only; write it again");
  if (static_cast<uint64_t>(chunk.values) > chunk.bytes / width)
    fail("it claims {} values", chunk.values);
  Cells out;
  each_page(file, chunk, [&](const PageHead& head, Bytes bytes, uint64_t) {
    if (head.encoding != kPlain || !head.is_data())
      fail("lists are read PLAIN only; write it with use_dictionary=False");
    const Page page = open_page(head, bytes.subspan(head.bytes), chunk.codec, file.leaves[at]);
    add_lengths(page.repetition, head.values, out.lengths);
    if (each_presence(page, file.leaves[at], head.values, [](auto, auto) {}) != head.values)
      fail("it holds empty lists or nulls, which are not read");
    Bytes data = page.data;
    out.values.push_back(take_bytes(data, head.values * width));
  });
  if (static_cast<int64_t>(out.lengths.size()) != group.rows)
    fail("it does not have a value for each row");
  return out;
}

std::string text_of(const Column& column, const Leaf& leaf, Cells& cells, size_t i) {
  switch (column.kind) {
    case Kind::text:
    case Kind::bytes:
      return std::move(cells.texts[i]);
    case Kind::boolean:
      return cells.numbers[i] != 0 ? "true" : "false";
    case Kind::int64:
      if (leaf.is_unsigned) return std::to_string(static_cast<uint64_t>(cells.numbers[i]));
      [[fallthrough]];
    case Kind::int32:
      return std::to_string(cells.numbers[i]);
    case Kind::float32:
      return std::isnan(cells.reals[i]) ? ""
                                        : fmt::format("{}", static_cast<float>(cells.reals[i]));
    default:
      return std::isnan(cells.reals[i]) ? "" : fmt::format("{}", cells.reals[i]);
  }
}

}  // namespace

Cells read_cells(const File& file, size_t group, size_t column) {
  return at_column(file, column, [&] {
    if (file.columns[column].kind == Kind::other) fail("{}", file.leaves[column].trouble);
    return file.columns[column].is_list() ? read_lists(file, file.groups[group], column)
                                          : read_flat(file, file.groups[group], column);
  });
}

std::vector<std::string> read_texts(const File& file, size_t group, size_t column) {
  if (file.columns[column].is_list())
    at_column(file, column, [] { fail("is a list; a text or a number per row is wanted"); });
  Cells cells = read_cells(file, group, column);
  std::vector<std::string> out(static_cast<size_t>(file.groups[group].rows));
  size_t next = 0;
  for (size_t row = 0; row < out.size(); ++row) {
    if (cells.present.empty() || cells.present[row])
      out[row] = text_of(file.columns[column], file.leaves[column], cells, next++);
  }
  return out;
}

}  // namespace troodon::parquet
