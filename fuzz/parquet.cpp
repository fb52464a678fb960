#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <sstream>

#include "base/error.hpp"
#include "parquet/files.hpp"
#include "parquet/table.hpp"
#include "targets.hpp"

namespace troodon::fuzz {
namespace {

/// Rows that one input may ask for: run lengths can stand for millions, which only costs time.
constexpr int64_t kMostRows = 1 << 20;

/// What Troodon writes: every kind, nulls, lists, two row groups.
std::string written() {
  using parquet::Kind;
  std::ostringstream out;
  parquet::Writer writer(out,
                         {{"path", Kind::text, true},
                          {"image", Kind::bytes},
                          {"label", Kind::int64, true},
                          {"side", Kind::int32},
                          {"feature", Kind::float_list}});
  std::vector<parquet::Cells> cells(5);
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  cells[0] = {.present = {true, false, true}, .texts = {"a.jpg", "b.jpg"}};
  cells[1] = {.texts = {"\xFF\xD8\xFF", "", "xyz"}};
  cells[2] = {.present = {false, true, true}, .numbers = {-1, 1 << 20}};
  cells[3] = {.numbers = {1, 2, 3}};
  cells[4] = {.lengths = {1, 2, 3}, .values = {std::as_bytes(std::span(values))}};
  writer.row_group(3, cells);
  writer.row_group(3, cells);
  writer.finish({{"classes", "[]"}});
  return out.str();
}

/// Every value of lists is read, so that a span that leaves the file is seen.
void touch(const parquet::Cells& cells) {
  unsigned sum = 0;
  for (const auto& piece : cells.values)
    for (const std::byte b : piece) sum += static_cast<unsigned>(b);
  asm volatile("" : : "r"(sum));  // or the compiler would not read the bytes
}

void read_column(const parquet::File& file, size_t group, size_t column) {
  const auto rows = static_cast<size_t>(file.groups[group].rows);
  if (file.columns[column].is_list()) {
    const parquet::Cells cells = parquet::read_cells(file, group, column);
    if (cells.lengths.size() != rows) std::abort();
    return touch(cells);
  }
  if (parquet::read_texts(file, group, column).size() != rows) std::abort();
}

/// A picture in each of a few rows, as training would read them; a null is no fault of the file.
void read_places(const parquet::File& file, size_t group, size_t column) {
  const auto places = parquet::value_places(file, group, column);
  for (size_t i = 0; i < std::min<size_t>(places.size(), 32); ++i) {
    const auto all = file.file.bytes();
    if (places[i].offset > all.size() || places[i].bytes > all.size() - places[i].offset)
      std::abort();
    try {
      parquet::read_value(all.subspan(places[i].offset, places[i].bytes), places[i].value);
    } catch (const Error& error) {
      if (std::string_view(error.what()).empty()) std::abort();
    }
  }
}

/// A column that cannot be read does not keep the others from being tried.
void read_table(Bytes bytes) {
  const MemoryFile memory(bytes);
  const parquet::File file = parquet::open_file(memory.path());
  std::optional<Error> refused;
  int64_t rows = 0;
  for (size_t group = 0; group < file.groups.size(); ++group) {
    if (file.groups[group].rows > kMostRows || (rows += file.groups[group].rows) > kMostRows) break;
    for (size_t column = 0; column < file.columns.size(); ++column) {
      if (file.columns[column].kind == parquet::Kind::other) continue;
      try {
        read_column(file, group, column);
        if (file.columns[column].kind == parquet::Kind::bytes) read_places(file, group, column);
      } catch (const Error& error) {
        if (std::string_view(error.what()).empty()) std::abort();
        refused = error;
      }
    }
  }
  if (refused) throw Error(*refused);
}

/// Puts a seed's footer back where the file has that seed's size: only pages stay damaged then, and
/// are looked into.
void put_footer_back(std::string& input, const std::vector<std::string>& seeds) {
  for (const std::string& seed : seeds) {
    if (seed.size() != input.size()) continue;
    uint32_t footer = 0;
    std::memcpy(&footer, seed.data() + seed.size() - 8, 4);
    const size_t from = seed.size() - 8 - footer;
    input.replace(from, std::string::npos, seed, from);
  }
}

}  // namespace

std::vector<Target> parquet_targets() {
  std::vector<std::string> seeds = {written()};
  for (const auto& file : parquet::kMadeFiles) seeds.push_back(parquet::bytes_of(file));
  const auto fix = [seeds](std::string& input) { put_footer_back(input, seeds); };
  return {{.name = "parquet", .seeds = std::move(seeds), .read = read_table, .fix = fix}};
}

}  // namespace troodon::fuzz
