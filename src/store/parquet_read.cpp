#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "store/parquet.hpp"
#include "store/thrift.hpp"

namespace troodon::store {
namespace {

using Bytes = std::span<const std::byte>;

/// Takes a little-endian number off the front.
template <class T>
T take(Bytes& bytes) {
  T value;
  if (bytes.size() < sizeof(T)) fail("a page is cut short");
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes = bytes.subspan(sizeof(T));
  return value;
}

Bytes take_bytes(Bytes& bytes, uint64_t size) {
  if (size > bytes.size()) fail("a page is cut short");
  const Bytes out = bytes.first(size);
  bytes = bytes.subspan(size);
  return out;
}

/// Calls run(count, level) for the runs of a block of levels, `values` of them.
template <class Run>
void each_run(Bytes& bytes, uint64_t values, const Run& run) {
  Bytes runs = take_bytes(bytes, take<uint32_t>(bytes));
  while (values > 0) {
    uint64_t head = 0;
    for (int shift = 0;; shift += 7) {
      const auto part = take<uint8_t>(runs);
      head |= static_cast<uint64_t>(part & 127) << shift;
      if (part < 128) break;
      if (shift > 42) fail("the levels of a list are damaged");
    }
    const uint64_t count = head >> 1;
    if ((head & 1) != 0 || count == 0 || count > values)
      fail("its levels are packed in a way that only other programs write");
    run(count, take<uint8_t>(runs));
    values -= count;
  }
}

void read_lengths(Bytes& page, uint64_t values, std::vector<int64_t>& lengths) {
  each_run(page, values, [&](uint64_t count, uint8_t level) {
    if (level == 0) {
      lengths.insert(lengths.end(), count, 1);
    } else if (lengths.empty()) {
      fail("a list begins in its middle");
    } else {
      lengths.back() += static_cast<int64_t>(count);
    }
  });
  each_run(page, values, [](uint64_t, uint8_t level) {
    if (level != 1) fail("it holds empty lists, which only other programs write");
  });
}

ParquetCells read_page(const ParquetColumn& column, Bytes page, uint64_t values) {
  ParquetCells out;
  if (column.is_list()) {
    read_lengths(page, values, out.lengths);
    const uint64_t width = column.kind == ParquetKind::half_list ? 2 : 4;
    out.values.push_back(take_bytes(page, values * width));
    return out;
  }
  uint64_t present = values;
  if (column.nullable) {
    present = 0;
    each_run(page, values, [&](uint64_t count, uint8_t level) {
      out.present.insert(out.present.end(), count, level != 0);
      if (level != 0) present += count;
    });
  }
  for (uint64_t i = 0; i < present; ++i) {
    if (column.kind == ParquetKind::text) {
      const Bytes text = take_bytes(page, take<uint32_t>(page));
      out.texts.emplace_back(reinterpret_cast<const char*>(text.data()), text.size());
    } else {
      out.numbers.push_back(column.kind == ParquetKind::int32 ? take<int32_t>(page)
                                                              : take<int64_t>(page));
    }
  }
  return out;
}

/// The columns of a schema: leaves at the top, and lists of three levels.
std::vector<ParquetColumn> read_schema(const std::vector<ThriftValue>& schema) {
  std::vector<ParquetColumn> out;
  for (size_t i = 1; i < schema.size(); ++i) {
    ParquetColumn column{.name = schema[i].at(4).text};
    const bool list = schema[i].has(5);
    if (list && (i + 2 >= schema.size() || schema[i + 1].at(3).number != 2)) {
      fail("column '{}' is nested in a way that only other programs write", column.name);
    }
    const int64_t type = schema[list ? i + 2 : i].at(1).number;
    if (list && (type == 4 || type == 7)) {
      column.kind = type == 4 ? ParquetKind::float_list : ParquetKind::half_list;
    } else if (!list && (type == 1 || type == 2 || type == 6)) {
      column.kind = type == 6   ? ParquetKind::text
                    : type == 2 ? ParquetKind::int64
                                : ParquetKind::int32;
    } else {
      fail("column '{}' has a type that Troodon does not read", column.name);
    }
    column.nullable = !list && schema[i].at(3).number == 1;
    out.push_back(column);
    if (list) i += 2;
  }
  return out;
}

ParquetCells read_chunk(const ParquetColumn& column,
                        Bytes file,
                        const ThriftValue& chunk,
                        int64_t rows) {
  const ThriftValue& about = chunk.at(3);
  const auto offset = static_cast<uint64_t>(about.at(9).number);
  if (about.at(4).number != 0) fail("column '{}' is compressed", column.name);
  if (offset >= file.size()) fail("column '{}' lies outside the file", column.name);
  size_t used = 0;
  const ThriftValue page = read_thrift(file.subspan(offset), &used);
  Bytes bytes = file.subspan(offset + used);
  const auto values = static_cast<uint64_t>(about.at(5).number);
  if (page.at(1).number != 0 || page.at(5).at(2).number != 0 ||
      page.at(5).at(1).number != about.at(5).number) {
    fail("column '{}' has pages that only other programs write", column.name);
  }
  bytes = take_bytes(bytes, static_cast<uint64_t>(page.at(3).number));
  if (values > file.size()) fail("column '{}' claims {} values", column.name, values);
  ParquetCells cells = read_page(column, bytes, values);
  if (static_cast<int64_t>(column.is_list() ? cells.lengths.size() : values) != rows)
    fail("column '{}' does not have a value for each row", column.name);
  return cells;
}

void read_table(ParquetFile& out) {
  const Bytes bytes = out.file.bytes();
  const auto is_mark = [&](size_t at) { return std::memcmp(bytes.data() + at, "PAR1", 4) == 0; };
  if (bytes.size() < 12 || !is_mark(0) || !is_mark(bytes.size() - 4))
    fail("is not a Parquet file, or is cut short");
  uint32_t size = 0;
  std::memcpy(&size, bytes.data() + bytes.size() - 8, 4);
  if (size > bytes.size() - 12) fail("is cut short");
  const ThriftValue footer = read_thrift(bytes.subspan(bytes.size() - 8 - size, size));
  out.columns = read_schema(footer.at(2).list);
  if (footer.has(5)) {
    for (const auto& pair : footer.at(5).list) out.metadata[pair.at(1).text] = pair.at(2).text;
  }
  for (const auto& group : footer.at(4).list) {
    const auto& chunks = group.at(1).list;
    if (chunks.size() != out.columns.size()) fail("a row group lacks columns");
    out.group_rows.push_back(group.at(3).number);
    auto& cells = out.groups.emplace_back();
    for (size_t i = 0; i < chunks.size(); ++i)
      cells.push_back(read_chunk(out.columns[i], bytes, chunks[i], out.group_rows.back()));
  }
}

}  // namespace

bool ParquetFile::has(const std::string& name) const {
  return std::ranges::any_of(columns, [&](const ParquetColumn& c) { return c.name == name; });
}

size_t ParquetFile::column(const std::string& name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  fail("it has no column '{}'", name);
}

ParquetFile read_parquet(const fs::path& path) {
  ParquetFile out{.file = MappedFile(path)};
  try {
    read_table(out);
  } catch (const Error& error) {
    fail(Exit::input, "{}: {}", path.string(), error.what());
  }
  return out;
}

}  // namespace troodon::store
