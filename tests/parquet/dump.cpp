// Prints every column of a Parquet file that Troodon reads: a line of JSON per column, {"name",
// "values"}, bytes in hexadecimal; for tests/end_to_end/parquet_test.py, which knows the values.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "parquet/table.hpp"

namespace troodon::parquet {
namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

void dump(const File& file, size_t column) {
  nlohmann::json line = {{"name", file.columns[column].name}};
  std::vector<std::string> values;
  for (size_t g = 0; g < file.groups.size(); ++g) {
    for (auto& text : read_texts(file, g, column)) {
      const bool bytes = file.columns[column].kind == Kind::bytes;
      values.push_back(bytes ? hex(text) : std::move(text));
    }
  }
  line["values"] = std::move(values);
  fmt::print("{}\n", line.dump());
}

}  // namespace
}  // namespace troodon::parquet

int main(int argc, char** argv) try {
  using namespace troodon::parquet;
  if (argc != 2) troodon::fail("usage: parquet_dump FILE");
  const File file = open_file(argv[1]);
  for (size_t i = 0; i < file.columns.size(); ++i)
    if (file.columns[i].kind != Kind::other && !file.columns[i].is_list()) dump(file, i);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
