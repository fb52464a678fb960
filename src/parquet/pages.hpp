#pragma once

#include <algorithm>

#include "parquet/numbers.hpp"
#include "parquet/runs.hpp"
#include "parquet/table.hpp"

// Pages: the pieces that a column's chunk is cut into. Private to src/parquet.
namespace troodon::parquet {

struct PageHead {
  int type = 0;                                         ///< PageType
  int encoding = 0;                                     ///< Encoding of the values
  uint64_t bytes = 0;                                   ///< of this header
  uint64_t packed = 0, unpacked = 0;                    ///< bytes of what follows
  uint64_t values = 0;                                  ///< nulls included
  uint64_t repetition_bytes = 0, definition_bytes = 0;  ///< kDataPage2: stored before the values
  bool compressed = true;                               ///< kDataPage2: whether the values are
  int level_encoding = kRle;

  bool is_data() const { return type == kDataPage || type == kDataPage2; }
  uint64_t stored() const { return bytes + packed; }
};

/// Reads the header at the front of `bytes` and checks that the page lies within them.
PageHead read_head(Bytes bytes);

/// A page taken apart; spans point into the file or into `buffer`.
struct Page {
  Page() = default;
  Page(Page&&) = default;
  Page& operator=(Page&&) = default;

  Bytes repetition, definition, data;
  std::vector<std::byte> buffer;
};

/// Unpacks a page's body and cuts the levels off.
Page open_page(const PageHead& head, Bytes body, int codec, const Leaf& leaf);

/// Calls use(head, page with its header, offset of the page in the file) for a chunk's dictionary
/// and data pages, until all its values were there.
template <class Use>
void each_page(const File& file, const Chunk& chunk, const Use& use) {
  Bytes rest = file.file.bytes().subspan(chunk.offset, chunk.bytes);
  uint64_t offset = chunk.offset;
  for (auto left = static_cast<uint64_t>(chunk.values); left > 0;) {
    const PageHead head = read_head(rest);
    if (head.is_data() && head.values > left) fail("its pages hold more values than it has");
    if (head.is_data()) left -= head.values;
    if (head.is_data() || head.type == kDictionaryPage)
      use(head, rest.first(head.stored()), offset);
    rest = rest.subspan(head.stored());
    offset += head.stored();
  }
}

/// How many of a page's `values` are there (not null); calls run(count, whether they are).
template <class Run>
uint64_t each_presence(const Page& page, const Leaf& leaf, uint64_t values, const Run& run) {
  if (leaf.definition == 0) return values;
  uint64_t present = 0;
  Bytes levels = page.definition;
  const auto highest = static_cast<uint64_t>(leaf.definition);
  each_run(levels, std::bit_width(highest), values, [&](uint64_t count, uint64_t level) {
    if (level > highest) fail("its definition levels are damaged");
    if (level == highest) present += count;
    run(count, level == highest);
  });
  return present;
}

/// Runs `read` and says where it failed.
template <class Read>
auto at_column(const File& file, size_t column, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    fail(Exit::input,
         "{}: column '{}': {}",
         file.path.string(),
         file.columns[column].name,
         error.what());
  }
}

/// Throws Error unless the chunk has a value for each row and the rows are few enough to read.
void check_rows(const Group& group, const Chunk& chunk);

/// The k-th of a page's byte arrays, nulls not counted.
Bytes byte_array_at(Bytes data, int encoding, uint64_t k);

/// Refuses an encoding by name.
[[noreturn]] void refuse_encoding(int encoding);

}  // namespace troodon::parquet
