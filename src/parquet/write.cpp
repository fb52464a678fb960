#include <numeric>
#include <ostream>

#include "base/error.hpp"
#include "parquet/numbers.hpp"
#include "parquet/table.hpp"
#include "parquet/thrift.hpp"

namespace troodon::parquet {
namespace {

PhysicalType physical(Kind kind) {
  switch (kind) {
    case Kind::int64:
      return kInt64;
    case Kind::int32:
      return kInt32;
    case Kind::float_list:
      return kFloat;
    case Kind::half_list:
      return kFixedBytes;
    case Kind::float64:
      return kDouble;
    default:
      return kByteArray;
  }
}

ThriftWriter logical(LogicalType type) {
  return ThriftWriter().structure(type, ThriftWriter());
}

/// The column's rows of the schema: itself, or the three levels of a list.
void add_schema(const Column& column, std::vector<ThriftWriter>& schema) {
  if (!column.is_list()) {
    auto& leaf = schema.emplace_back();
    leaf.i32(1, physical(column.kind)).i32(3, column.nullable ? kOptional : kRequired);
    leaf.text(4, column.name);
    if (column.kind == Kind::text) leaf.i32(6, kUtf8).structure(10, logical(kStringType));
    return;
  }
  schema.emplace_back()
      .i32(3, kRequired)
      .text(4, column.name)
      .i32(5, 1)
      .i32(6, kList)
      .structure(10, logical(kListType));
  schema.emplace_back().i32(3, kRepeated).text(4, "list").i32(5, 1);
  const bool half = column.kind == Kind::half_list;
  auto& leaf = schema.emplace_back().i32(1, physical(column.kind));
  if (half) leaf.i32(2, 2);
  leaf.i32(3, kRequired).text(4, "element");
  if (half) leaf.structure(10, logical(kFloat16Type));
}

std::vector<std::string> path_of(const Column& column) {
  if (column.is_list()) return {column.name, "list", "element"};
  return {column.name};
}

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// Levels of one bit as runs, with their length before them.
class Levels {
 public:
  void run(uint64_t count, char level) {
    if (count == 0) return;
    uint64_t head = count << 1;  // the lowest bit 0: a run of equal values
    for (; head > 127; head >>= 7) runs_ += static_cast<char>((head & 127) | 128);
    runs_ += static_cast<char>(head);
    runs_ += level;
  }
  std::string bytes() const {
    std::string out;
    append(out, static_cast<uint32_t>(runs_.size()));
    return out + runs_;
  }

 private:
  std::string runs_;
};

std::string presence(const std::vector<bool>& present) {
  Levels levels;
  for (size_t i = 0; i < present.size();) {
    size_t end = i + 1;
    while (end < present.size() && present[end] == present[i]) ++end;
    levels.run(end - i, present[i] ? 1 : 0);
    i = end;
  }
  return levels.bytes();
}

/// Repetition levels (0 begins a row), then definition levels (each value is there).
std::string list_levels(const std::vector<int64_t>& lengths, int64_t values) {
  Levels repetition, definition;
  for (const int64_t length : lengths) {
    repetition.run(1, 0);
    repetition.run(static_cast<uint64_t>(length - 1), 1);
  }
  definition.run(static_cast<uint64_t>(values), 1);
  return repetition.bytes() + definition.bytes();
}

std::string plain_values(const Column& column, const Cells& cells) {
  std::string out;
  for (const auto& text : cells.texts) {
    append(out, static_cast<uint32_t>(text.size()));
    out += text;
  }
  for (const double real : cells.reals) append(out, real);
  for (const int64_t number : cells.numbers) {
    if (column.kind == Kind::int32)
      append(out, static_cast<int32_t>(number));
    else
      append(out, number);
  }
  return out;
}

std::string page_header(size_t bytes, int64_t values) {
  if (bytes > INT32_MAX) fail("a Parquet page of {} bytes is too long", bytes);
  const auto size = static_cast<int32_t>(bytes);
  ThriftWriter data;
  data.i32(1, static_cast<int32_t>(values)).i32(2, kPlain).i32(3, kRle).i32(4, kRle);
  return ThriftWriter().i32(1, 0).i32(2, size).i32(3, size).structure(5, data).bytes();
}

}  // namespace

Writer::Writer(std::ostream& out, std::vector<Column> columns)
    : out_(out), columns_(std::move(columns)) {
  put("PAR1");
}

void Writer::put(const std::string& bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  at_ += static_cast<int64_t>(bytes.size());
}

Writer::Chunk Writer::column(const Column& column, int64_t rows, const Cells& cells) {
  const int64_t offset = at_;
  int64_t values = rows;
  std::string levels;
  if (column.is_list()) {
    values = std::accumulate(cells.lengths.begin(), cells.lengths.end(), int64_t{0});
    levels = list_levels(cells.lengths, values);
  } else if (column.nullable) {
    levels = presence(cells.present);
  }
  const std::string plain = plain_values(column, cells);
  size_t bytes = levels.size() + plain.size();
  for (const auto& piece : cells.values) bytes += piece.size();
  put(page_header(bytes, values));
  put(levels);
  put(plain);
  for (const auto& piece : cells.values) {
    out_.write(reinterpret_cast<const char*>(piece.data()),
               static_cast<std::streamsize>(piece.size()));
    at_ += static_cast<int64_t>(piece.size());
  }
  return {offset, at_ - offset, values};
}

void Writer::row_group(int64_t rows, std::span<const Cells> cells) {
  auto& chunks = groups_.emplace_back();
  for (size_t i = 0; i < columns_.size(); ++i)
    chunks.push_back(column(columns_[i], rows, cells[i]));
  group_rows_.push_back(rows);
}

void Writer::finish(const std::map<std::string, std::string>& metadata) {
  std::vector<ThriftWriter> schema(1), groups, pairs;
  schema[0].text(4, "schema").i32(5, static_cast<int32_t>(columns_.size()));
  for (const auto& column : columns_) add_schema(column, schema);
  constexpr std::array<int32_t, 2> kEncodings = {kPlain, kRle};
  for (size_t g = 0; g < groups_.size(); ++g) {
    std::vector<ThriftWriter> chunks;
    int64_t bytes = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Chunk& chunk = groups_[g][i];
      ThriftWriter about;
      about.i32(1, physical(columns_[i].kind))
          .numbers(2, kEncodings)
          .texts(3, path_of(columns_[i]));
      about.i32(4, 0).i64(5, chunk.values).i64(6, chunk.bytes).i64(7, chunk.bytes);
      about.i64(9, chunk.offset);
      chunks.push_back(ThriftWriter().i64(2, chunk.offset).structure(3, about));
      bytes += chunk.bytes;
    }
    groups.push_back(ThriftWriter().structures(1, chunks).i64(2, bytes).i64(3, group_rows_[g]));
  }
  for (const auto& [key, value] : metadata)
    pairs.push_back(ThriftWriter().text(1, key).text(2, value));
  const int64_t rows = std::accumulate(group_rows_.begin(), group_rows_.end(), int64_t{0});
  ThriftWriter footer;
  footer.i32(1, 2).structures(2, schema).i64(3, rows).structures(4, groups).structures(5, pairs);
  std::string bytes = footer.text(6, "troodon " TROODON_VERSION).bytes();
  append(bytes, static_cast<uint32_t>(bytes.size()));
  put(bytes + "PAR1");
}

}  // namespace troodon::parquet
