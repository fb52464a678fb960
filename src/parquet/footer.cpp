#include <algorithm>
#include <cstring>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "parquet/numbers.hpp"
#include "parquet/table.hpp"
#include "parquet/thrift.hpp"

namespace troodon::parquet {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int kDeepest = 16;  ///< structs within structs

int64_t number_of(const ThriftValue& value, int id, int64_t otherwise) {
  return value.has(id) ? value.at(id).number : otherwise;
}

/// The one field that a union (such as LogicalType) has set; 0: none.
int choice_of(const ThriftValue& value, int id) {
  if (!value.has(id) || value.at(id).fields.empty()) return 0;
  return value.at(id).fields.begin()->first;
}

struct Path {
  std::vector<std::string> names;
  int repetition = 0, definition = 0;

  std::string text() const { return fmt::format("{}", fmt::join(names, ".")); }
};

class Schema {
 public:
  Schema(const std::vector<ThriftValue>& nodes, File& out) : nodes_(nodes), out_(out) {}

  void read() {
    if (nodes_.empty()) fail("its schema is empty");
    const int64_t children = number_of(nodes_[0], 5, 0);
    for (int64_t i = 0; i < children; ++i) node({}, 1);
    if (next_ != nodes_.size()) fail("its schema is damaged");
  }

 private:
  void node(Path path, int depth) {
    if (next_ >= nodes_.size()) fail("its schema is damaged");
    if (depth > kDeepest) fail("its schema is nested too deeply");
    const ThriftValue& value = nodes_[next_++];
    path.names.push_back(value.at(4).text);
    const int64_t repetition = number_of(value, 3, kRequired);
    path.repetition += repetition == kRepeated;
    path.definition += repetition != kRequired;
    const int64_t children = number_of(value, 5, 0);
    if (children == 0) return leaf(path, value);
    for (int64_t i = 0; i < children; ++i) node(path, depth + 1);
  }

  void leaf(const Path& path, const ThriftValue& value) {
    Leaf leaf{.type = static_cast<int>(number_of(value, 1, -1)),
              .repetition = path.repetition,
              .definition = path.definition};
    const int64_t converted = number_of(value, 6, -1);
    leaf.is_unsigned = (converted >= kUint8 && converted <= kUint64) || is_unsigned(value);
    Column column{.name = path.text(), .nullable = path.definition > 0};
    column.kind = path.repetition == 0 ? flat(value, leaf) : list(path, value, column);
    if (path.repetition > 0) column.nullable = false;
    if (column.kind == Kind::other && leaf.trouble.empty())
      leaf.trouble = "is a list; only lists of 32-bit or 16-bit floats are read";
    out_.columns.push_back(std::move(column));
    out_.leaves.push_back(std::move(leaf));
  }

  /// What the logical type INTEGER says, which some writers write alone.
  static bool is_unsigned(const ThriftValue& value) {
    if (choice_of(value, 10) != kIntegerType) return false;
    return number_of(value.at(10).at(kIntegerType), 2, 1) == 0;
  }

  static Kind flat(const ThriftValue& value, Leaf& leaf) {
    const int64_t converted = number_of(value, 6, -1);
    if (converted == kDecimal || choice_of(value, 10) == kDecimalType) {
      leaf.trouble = "holds decimals; cast it to float64 or string";
      return Kind::other;
    }
    switch (leaf.type) {
      case kBoolean:
        return Kind::boolean;
      case kInt32:
        return Kind::int32;
      case kInt64:
        return Kind::int64;
      case kFloat:
        return Kind::float32;
      case kDouble:
        return Kind::float64;
      case kByteArray:
        return converted == kUtf8 || converted == kEnum || converted == kJson ||
                       choice_of(value, 10) == kStringType
                   ? Kind::text
                   : Kind::bytes;
      case kInt96:
        leaf.trouble = "holds times of 96 bits; write it with int64 timestamps";
        return Kind::other;
      default:
        leaf.trouble = "holds values of a fixed number of bytes; cast it to string or binary";
        return Kind::other;
    }
  }

  /// A list of three levels (name, "list", "element") of floats; anything else is left alone.
  static Kind list(const Path& path, const ThriftValue& value, Column& column) {
    if (path.repetition != 1 || path.names.size() != 3) return Kind::other;
    const int64_t type = number_of(value, 1, -1);
    const bool half = type == kFixedBytes && choice_of(value, 10) == kFloat16Type;
    if (!half && type != kFloat) return Kind::other;
    column.name = path.names[0];
    return half ? Kind::half_list : Kind::float_list;
  }

  const std::vector<ThriftValue>& nodes_;
  File& out_;
  size_t next_ = 1;
};

Chunk read_chunk(const ThriftValue& value, uint64_t file_bytes, const std::string& column) {
  if (value.has(1)) fail("column '{}' lies in another file", column);
  if (!value.has(3)) fail("column '{}' is encrypted; write it without encryption", column);
  const ThriftValue& about = value.at(3);
  int64_t offset = about.at(9).number;
  const int64_t dictionary = number_of(about, 11, 0);
  if (dictionary > 0 && dictionary < offset) offset = dictionary;
  const int64_t bytes = about.at(7).number;
  if (offset < 0 || bytes < 0 || static_cast<uint64_t>(offset) > file_bytes ||
      static_cast<uint64_t>(bytes) > file_bytes - static_cast<uint64_t>(offset))
    fail("column '{}' lies outside the file", column);
  const int64_t values = about.at(5).number;
  if (values < 0) fail("column '{}' claims {} values", column, values);
  return {.offset = static_cast<uint64_t>(offset),
          .bytes = static_cast<uint64_t>(bytes),
          .values = values,
          .codec = static_cast<int>(about.at(4).number)};
}

Group read_group(const ThriftValue& value, const File& file) {
  const auto& chunks = value.at(1).list;
  if (chunks.size() != file.columns.size()) fail("a row group lacks columns");
  Group out{.rows = value.at(3).number};
  if (out.rows < 0) fail("a row group claims {} rows", out.rows);
  for (size_t i = 0; i < chunks.size(); ++i)
    out.chunks.push_back(read_chunk(chunks[i], file.file.bytes().size(), file.columns[i].name));
  return out;
}

void read_footer(File& out) {
  const Bytes bytes = out.file.bytes();
  const auto marked = [&](size_t at, const char* mark) {
    return std::memcmp(bytes.data() + at, mark, 4) == 0;
  };
  if (bytes.size() >= 12 && marked(bytes.size() - 4, "PARE"))
    fail("is encrypted; write it without encryption");
  if (bytes.size() < 12 || !marked(0, "PAR1") || !marked(bytes.size() - 4, "PAR1"))
    fail("is not a Parquet file, or is cut short");
  uint32_t size = 0;
  std::memcpy(&size, bytes.data() + bytes.size() - 8, 4);
  if (size > bytes.size() - 12) fail("is cut short");
  const ThriftValue footer = read_thrift(bytes.subspan(bytes.size() - 8 - size, size));
  Schema(footer.at(2).list, out).read();
  if (footer.has(5)) {
    for (const auto& pair : footer.at(5).list)
      out.metadata[pair.at(1).text] = pair.has(2) ? pair.at(2).text : "";
  }
  for (const auto& group : footer.at(4).list) out.groups.push_back(read_group(group, out));
}

}  // namespace

bool File::has(const std::string& name) const {
  return std::ranges::any_of(columns, [&](const Column& c) { return c.name == name; });
}

size_t File::column(const std::string& name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  fail(Exit::input, "{}: it has no column '{}'", path.string(), name);
}

File open_file(const fs::path& path) {
  File out{.path = path, .file = MappedFile(path)};
  try {
    read_footer(out);
  } catch (const Error& error) {
    fail(Exit::input, "{}: {}", path.string(), error.what());
  }
  return out;
}

}  // namespace troodon::parquet
