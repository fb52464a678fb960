#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"

// Apache Parquet: tables column by column, in row groups. The reader knows flat columns in what
// pyarrow, Hugging Face datasets, Polars, DuckDB and Spark write; the writer knows what tables of
// features need. Source: the Parquet format specification 2.11.
namespace troodon::parquet {

enum class Kind {
  text,        ///< UTF-8
  bytes,       ///< any bytes, such as an encoded picture
  int64,       ///< 64-bit integer; dates and times count from 1970 in the file's own unit
  int32,       ///< 32-bit integer
  float64,     ///< 64-bit float
  float32,     ///< 32-bit float; not written
  boolean,     ///< 0 or 1; not written
  float_list,  ///< a list of 32-bit floats in each row
  half_list,   ///< a list of 16-bit floats (logical type FLOAT16) in each row
  other,       ///< not read: see Leaf::trouble
};

struct Column {
  std::string name;  ///< of a member of a struct: "image.bytes"
  Kind kind = Kind::text;
  bool nullable = false;  ///< not for lists

  bool is_list() const { return kind == Kind::float_list || kind == Kind::half_list; }
};

/// One column of a row group; the kind says which members count.
struct Cells {
  std::vector<bool> present;       ///< nullable: per row; the vectors below hold the present ones
  std::vector<std::string> texts;  ///< text, bytes
  std::vector<int64_t> numbers;    ///< int64, int32, boolean
  std::vector<double> reals;       ///< float64, float32
  std::vector<int64_t> lengths;    ///< lists: values in each row, at least one
  std::vector<std::span<const std::byte>> values;  ///< lists: all rows' values, back to back
};

/// Writes a table row group by row group; holds none of it but the places of the columns.
/// Uncompressed, PLAIN, one page per column and row group.
class Writer {
 public:
  Writer(std::ostream& out, std::vector<Column> columns);
  /// Appends rows; `cells` are as many as columns.
  void row_group(int64_t rows, std::span<const Cells> cells);
  /// Writes the footer.
  void finish(const std::map<std::string, std::string>& metadata);

 private:
  struct Chunk {
    int64_t offset, bytes, values;
  };
  Chunk column(const Column& column, int64_t rows, const Cells& cells);
  void put(const std::string& bytes);

  std::ostream& out_;
  std::vector<Column> columns_;
  std::vector<std::vector<Chunk>> groups_;
  std::vector<int64_t> group_rows_;
  int64_t at_ = 0;
};

/// How a column is stored.
struct Leaf {
  int type = 0;        ///< the specification's physical type
  int repetition = 0;  ///< the highest repetition level; 0: no list
  int definition = 0;  ///< the highest definition level; 0: no value is missing
  bool is_unsigned = false;
  std::string trouble;  ///< Kind::other: what it is and how to mend it
};

/// A column's part of a row group: `bytes` pages from `offset` on.
struct Chunk {
  uint64_t offset = 0, bytes = 0;
  int64_t values = 0;  ///< nulls included
  int codec = 0;       ///< the specification's number
};

struct Group {
  int64_t rows = 0;
  std::vector<Chunk> chunks;  ///< of each column
};

/// A table, mapped; columns are read when they are asked for.
struct File {
  fs::path path;
  MappedFile file;
  std::map<std::string, std::string> metadata;
  std::vector<Column> columns;
  std::vector<Leaf> leaves;  ///< of each column
  std::vector<Group> groups;

  bool has(const std::string& name) const;
  /// The column's place. Throws Error when there is none.
  size_t column(const std::string& name) const;
};

/// Maps a table and reads its footer. Throws Error (exit 4) naming the file and the fault.
File open_file(const fs::path& path);

/// One column of one row group; lists point into the file, which must be kept, and must be
/// uncompressed and PLAIN. Throws Error (exit 4) naming file, column, fault and a way out.
Cells read_cells(const File& file, size_t group, size_t column);

/// The same as texts, one per row: "" for null and NaN, "true" and "false", numbers in decimal.
std::vector<std::string> read_texts(const File& file, size_t group, size_t column);

/// Which value of a page; what its column's chunk says of the page comes with it.
struct PageValue {
  int64_t index = -1;      ///< among the page's values, nulls included; -1: none
  uint8_t codec = 0;       ///< Chunk::codec
  uint8_t definition = 0;  ///< Leaf::definition
};

/// Where in the file a value lies: in the page of `bytes` bytes at `offset`, its header included.
struct Place {
  uint64_t offset = 0, bytes = 0;
  PageValue value;
};

/// The places of a bytes column's rows: embedded pictures can be read later, each on its own.
/// Looks at page headers and, where there is a dictionary, at its indices; not at the values.
std::vector<Place> value_places(const File& file, size_t group, size_t column);

/// The value of a page, unpacked. Throws Error if the row is null or the page is damaged.
std::vector<std::byte> read_value(std::span<const std::byte> page, const PageValue& value);

}  // namespace troodon::parquet
