#include "parquet/pages.hpp"

#include "parquet/thrift.hpp"
#include "parquet/unpack.hpp"

namespace troodon::parquet {
namespace {

constexpr size_t kLongestHead = 16 << 20;

uint64_t count_of(const ThriftValue& value, int id) {
  const int64_t number = value.at(id).number;
  if (number < 0 || number > INT32_MAX) fail("a page claims {} of something", number);
  return static_cast<uint64_t>(number);
}

}  // namespace

PageHead read_head(Bytes bytes) {
  size_t used = 0;
  const ThriftValue value = read_thrift(bytes.first(std::min(bytes.size(), kLongestHead)), &used);
  PageHead out{.type = static_cast<int>(value.at(1).number),
               .bytes = used,
               .packed = count_of(value, 3),
               .unpacked = count_of(value, 2)};
  if (out.packed > bytes.size() - used) fail("a page is cut short");
  if (out.type == kDataPage) {
    const ThriftValue& data = value.at(5);
    out.values = count_of(data, 1);
    out.encoding = static_cast<int>(data.at(2).number);
    out.level_encoding = static_cast<int>(data.at(3).number);
  } else if (out.type == kDataPage2) {
    const ThriftValue& data = value.at(8);
    out.values = count_of(data, 1);
    out.encoding = static_cast<int>(data.at(4).number);
    out.definition_bytes = count_of(data, 5);
    out.repetition_bytes = count_of(data, 6);
    out.compressed = !data.has(7) || data.at(7).number != 0;
  } else if (out.type == kDictionaryPage) {
    out.values = count_of(value.at(7), 1);
    out.encoding = static_cast<int>(value.at(7).at(2).number);
  }
  return out;
}

Page open_page(const PageHead& head, Bytes body, int codec, const Leaf& leaf) {
  Page out;
  uint64_t unpacked = head.unpacked;
  if (head.type == kDataPage2) {
    out.repetition = take_bytes(body, head.repetition_bytes);
    out.definition = take_bytes(body, head.definition_bytes);
    if (head.repetition_bytes + head.definition_bytes > unpacked) fail("a page is cut short");
    unpacked -= head.repetition_bytes + head.definition_bytes;
  }
  if (codec != kUncompressed && head.compressed) {
    out.buffer = unpack(body, codec, unpacked);
    body = out.buffer;
  }
  if (head.type == kDataPage) {
    if (leaf.definition > 0 && head.level_encoding != kRle)
      fail("its levels are BIT_PACKED, which writers gave up in 2013; write it again");
    if (leaf.repetition > 0) out.repetition = take_bytes(body, take<uint32_t>(body));
    if (leaf.definition > 0) out.definition = take_bytes(body, take<uint32_t>(body));
  }
  out.data = body;
  return out;
}

void check_rows(const Group& group, const Chunk& chunk) {
  if (chunk.values != group.rows) fail("it does not have a value for each row");
  if (group.rows > kMostRows) {
    fail("a row group has {} rows, at most {} are read; rewrite it with row_group_size=1000000",
         group.rows,
         kMostRows);
  }
}

Bytes byte_array_at(Bytes data, int encoding, uint64_t k) {
  if (encoding == kDeltaLength) {
    const auto lengths = take_deltas(data, kMostRows);
    if (k >= lengths.size()) fail("its page has no such value");
    for (size_t i = 0; i < k; ++i) take_bytes(data, static_cast<uint64_t>(lengths[i]));
    return take_bytes(data, static_cast<uint64_t>(lengths[k]));
  }
  if (encoding != kPlain) refuse_encoding(encoding);
  for (; k > 0; --k) take_bytes(data, take<uint32_t>(data));
  return take_bytes(data, take<uint32_t>(data));
}

void refuse_encoding(int encoding) {
  constexpr const char* kNames[] = {"PLAIN",
                                    "1",
                                    "PLAIN_DICTIONARY",
                                    "RLE",
                                    "BIT_PACKED",
                                    "DELTA_BINARY_PACKED",
                                    "DELTA_LENGTH_BYTE_ARRAY",
                                    "DELTA_BYTE_ARRAY",
                                    "RLE_DICTIONARY",
                                    "BYTE_STREAM_SPLIT"};
  fail(
      "its values are stored as {}, which is not read here; rewrite it with PLAIN or a dictionary "
      "(pyarrow: write_table without column_encoding)",
      encoding >= 0 && encoding < 10 ? kNames[encoding] : std::to_string(encoding));
}

}  // namespace troodon::parquet
