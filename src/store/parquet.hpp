#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"

// The part of Apache Parquet that tables of features need: flat columns and lists of numbers,
// PLAIN encoding, no compression, one page per column and row group. Any reader of Parquet opens
// such files; read_parquet opens only such files. Source: the Parquet format specification 2.11.
namespace troodon::store {

enum class ParquetKind {
  text,        ///< UTF-8
  int64,       ///< 64-bit integer
  int32,       ///< 32-bit integer
  float_list,  ///< a list of 32-bit floats in each row
  half_list,   ///< a list of 16-bit floats (logical type FLOAT16) in each row
};

struct ParquetColumn {
  std::string name;
  ParquetKind kind = ParquetKind::text;
  bool nullable = false;  ///< not for lists

  bool is_list() const { return kind >= ParquetKind::float_list; }
};

/// One column of a row group; the kind says which members count.
struct ParquetCells {
  std::vector<bool> present;       ///< nullable: per row; the vectors below hold the present ones
  std::vector<std::string> texts;  ///< text
  std::vector<int64_t> numbers;    ///< int64, int32
  std::vector<int64_t> lengths;    ///< lists: values in each row, at least one
  std::vector<std::span<const std::byte>> values;  ///< lists: all rows' values, back to back
};

/// Writes a table row group by row group; holds none of it but the places of the columns.
class ParquetWriter {
 public:
  ParquetWriter(std::ostream& out, std::vector<ParquetColumn> columns);
  /// Appends rows; `cells` are as many as columns.
  void row_group(int64_t rows, std::span<const ParquetCells> cells);
  /// Writes the footer.
  void finish(const std::map<std::string, std::string>& metadata);

 private:
  struct Chunk {
    int64_t offset, bytes, values;
  };
  Chunk column(const ParquetColumn& column, int64_t rows, const ParquetCells& cells);
  void put(const std::string& bytes);

  std::ostream& out_;
  std::vector<ParquetColumn> columns_;
  std::vector<std::vector<Chunk>> groups_;
  std::vector<int64_t> group_rows_;
  int64_t at_ = 0;
};

/// A table, mapped: lists point into the file.
struct ParquetFile {
  MappedFile file;
  std::map<std::string, std::string> metadata;
  std::vector<ParquetColumn> columns;
  std::vector<int64_t> group_rows;
  std::vector<std::vector<ParquetCells>> groups;  ///< [row groups][columns]

  /// The column's place. Throws Error when there is none.
  size_t column(const std::string& name) const;
  bool has(const std::string& name) const;
};

/// Reads a table that ParquetWriter wrote. Throws Error (exit 4) naming the file and the fault.
ParquetFile read_parquet(const fs::path& path);

}  // namespace troodon::store
