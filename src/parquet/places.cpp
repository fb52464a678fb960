#include "parquet/pages.hpp"

namespace troodon::parquet {
namespace {

bool has_indices(int encoding) {
  return encoding == kRleDictionary || encoding == kPlainDictionary;
}

/// The dictionary's place and how many values it has.
struct Dictionary {
  Place place;
  uint64_t entries = 0;
};

/// Points the rows of a page of indices, which begin at `rows`, to the dictionary's page. Nulls
/// stay with the data page, which says that they are null.
void point_to_dictionary(const Page& page,
                         const Leaf& leaf,
                         const Dictionary& dictionary,
                         std::span<Place> rows) {
  std::vector<size_t> there;
  size_t row = 0;
  each_presence(page, leaf, rows.size(), [&](uint64_t count, bool is) {
    for (; count > 0; --count, ++row)
      if (is) there.push_back(row);
  });
  for (; leaf.definition == 0 && row < rows.size(); ++row) there.push_back(row);
  if (there.empty()) return;
  Bytes data = page.data;
  const int width = take<uint8_t>(data);
  if (width > 32) fail("its indices into the dictionary are damaged");
  size_t next = 0;
  each_run(data, width, there.size(), [&](uint64_t count, uint64_t index) {
    if (index >= dictionary.entries) fail("an index points outside its dictionary");
    for (; count > 0; --count) {
      Place& place = rows[there[next++]];
      place = dictionary.place;
      place.value.index = static_cast<int64_t>(index);
    }
  });
}

std::vector<Place> places_of(const File& file, const Chunk& chunk, const Leaf& leaf) {
  const auto codec = static_cast<uint8_t>(chunk.codec);
  const auto definition = static_cast<uint8_t>(leaf.definition);
  std::vector<Place> out;
  Dictionary dictionary;
  each_page(file, chunk, [&](const PageHead& head, Bytes bytes, uint64_t offset) {
    if (head.type == kDictionaryPage) {
      dictionary = {{offset, head.stored(), {0, codec, 0}}, head.values};
      return;
    }
    const size_t first = out.size();
    for (uint64_t i = 0; i < head.values; ++i)
      out.push_back({offset, head.stored(), {static_cast<int64_t>(i), codec, definition}});
    if (!has_indices(head.encoding)) return;
    const Page page = open_page(head, bytes.subspan(head.bytes), chunk.codec, leaf);
    point_to_dictionary(page, leaf, dictionary, std::span(out).subspan(first));
  });
  return out;
}

/// How many values come before row `row` of a page. Throws Error if that row is null.
uint64_t values_before(const Page& page, const Leaf& leaf, uint64_t row) {
  if (leaf.definition == 0) return row;
  uint64_t before = 0, left = row;
  bool there = false;
  each_presence(page, leaf, row + 1, [&](uint64_t count, bool is) {
    const uint64_t earlier = std::min(count, left);
    if (is) before += earlier;
    left -= earlier;
    there = is;  // the last run holds the row itself
  });
  if (!there) fail("the row is null: it holds no picture");
  return before;
}

}  // namespace

std::vector<Place> value_places(const File& file, size_t group, size_t column) {
  return at_column(file, column, [&] {
    const Chunk& chunk = file.groups[group].chunks[column];
    if (file.columns[column].kind != Kind::bytes) fail("is no column of bytes");
    check_rows(file.groups[group], chunk);
    return places_of(file, chunk, file.leaves[column]);
  });
}

std::vector<std::byte> read_value(Bytes bytes, const PageValue& value) {
  const PageHead head = read_head(bytes);
  if (value.index < 0 || static_cast<uint64_t>(value.index) >= head.values)
    fail("its page has no such value");
  Leaf leaf;
  leaf.definition = head.is_data() ? value.definition : 0;
  const Page page = open_page(head, bytes.subspan(head.bytes), value.codec, leaf);
  const uint64_t before = values_before(page, leaf, static_cast<uint64_t>(value.index));
  const bool old_name = head.type == kDictionaryPage && head.encoding == kPlainDictionary;
  const Bytes found = byte_array_at(page.data, old_name ? kPlain : head.encoding, before);
  return {found.begin(), found.end()};
}

}  // namespace troodon::parquet
