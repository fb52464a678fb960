#include "collection/sqlite_schema.hpp"

#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "collection/codes.hpp"
#include "collection/settings.hpp"

namespace troodon::collection {
namespace {

constexpr const char* kFormat = "1";
constexpr size_t kListed = 20;  // faults that are told one by one
constexpr double kUnit = 1e-3;  // a vector's length may differ so much from 1

constexpr const char* kTables = R"(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE counters (version INTEGER NOT NULL, removed_from INTEGER NOT NULL);
INSERT INTO counters VALUES (0, 0);
CREATE TABLE pictures (
  id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL, content_hash INTEGER NOT NULL, difference INTEGER NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, label TEXT NOT NULL, columns TEXT NOT NULL,
  checksum INTEGER NOT NULL);
CREATE INDEX pictures_label ON pictures (label);
CREATE TABLE vectors (id INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE tokens (id INTEGER PRIMARY KEY, codes BLOB NOT NULL);
CREATE TABLE unreadable (path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  reason TEXT NOT NULL);
CREATE TABLE removed (version INTEGER NOT NULL, id INTEGER NOT NULL);
CREATE INDEX removed_version ON removed (version);
)";

std::string value_of(const Database& database, const std::string& sql) {
  Statement row = database.prepare(sql);
  return row.step() ? row.text(0) : "";
}

bool is_own(const std::string& column) {
  for (const char* name : {"path", "label", "id", "width", "height", "bytes"}) {
    if (column == name) return true;
  }
  return false;
}

std::string text_of(const std::string& column) {
  if (is_own(column)) return "CAST(" + column + " AS TEXT)";
  std::string name;  // within '...' of SQL and "..." of a JSON path
  for (const char c : column) {
    if (c == '"' || c == '\\' || c == '%')
      fail(Exit::usage, "filter: no column is called '{}'", column);
    name += c;
    if (c == '\'') name += '\'';
  }
  return "COALESCE(json_extract(columns, '$.\"" + name + "\"'), '')";
}

std::string number_of(const std::string& column) {
  return "as_number(" + text_of(column) + ")";
}

std::string placeholder(int, bool is_number) {
  return is_number ? "as_number(?)" : "?";
}

/// What a picture's look left, compared with its checksum.
std::string fault_of(const Statement& row, int64_t dim) {
  const std::string path = row.text(0);
  const auto vector = row.blob(2), tokens = row.blob(3);
  if (vector.size() != static_cast<size_t>(dim) * sizeof(float))
    return path + ": its vector is missing or cut short";
  std::vector<std::byte> none;
  if (tokens.empty()) none = bytes_of(TokenCodes{});
  if (checksum_of(vector, tokens.empty() ? std::span<const std::byte>(none) : tokens) !=
      row.integer(1))
    return path + ": its vector or tokens are not what was written";
  double squares = 0;
  for (int64_t d = 0; d < dim; ++d) {
    float x = 0;
    std::memcpy(&x, vector.data() + d * sizeof(float), sizeof(float));
    squares += double{x} * x;
  }
  return std::abs(std::sqrt(squares) - 1) < kUnit ? ""
                                                  : path + ": its vector is not of unit length";
}

}  // namespace

fs::path database_file(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(Exit::resource, "{}: {}", folder.string(), error.message());
  return folder / "collection.db";
}

fs::path existing_database(const fs::path& folder) {
  const fs::path file = folder / "collection.db";
  if (!fs::exists(file)) {
    fail(Exit::input,
         "{}: there is no collection; make one with `troodon index add {}`",
         folder.string(),
         folder.parent_path().string());
  }
  return file;
}

void make_schema(Database& database, const Settings& settings) {
  Transaction transaction(database);
  if (value_of(database, "SELECT COUNT(*) FROM sqlite_master") == "0") {
    database.execute(kTables);
    auto values = values_of(settings);
    values["format"] = kFormat;
    Statement row = database.prepare("INSERT INTO settings VALUES (?, ?)");
    for (const auto& [name, value] : values) row.bind(name).bind(value).run();
  }
  transaction.commit();
}

void check_schema(const Database& database, const fs::path& file) {
  const bool ours =
      value_of(database, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'settings'") == "1";
  const std::string format =
      ours ? value_of(database, "SELECT value FROM settings WHERE name = 'format'") : "";
  if (format == kFormat) return;
  fail(Exit::input,
       "{}: {}",
       file.string(),
       format.empty()
           ? std::string("no collection of Troodon")
           : fmt::format("a collection of format {}, this Troodon reads {}", format, kFormat));
}

std::vector<std::string> faults_of(const Database& database) {
  std::vector<std::string> out;
  Statement pages = database.prepare("PRAGMA integrity_check");
  while (pages.step() && out.size() < kListed) {
    if (pages.text(0) != "ok") out.push_back("the file: " + pages.text(0));
  }
  for (const char* table : {"vectors", "tokens"}) {
    const std::string orphans = value_of(
        database,
        fmt::format("SELECT COUNT(*) FROM {} WHERE id NOT IN (SELECT id FROM pictures)", table));
    if (orphans != "0") out.push_back(fmt::format("{} {} belong to no picture", orphans, table));
  }
  const int64_t dim =
      std::atoll(value_of(database, "SELECT value FROM settings WHERE name = 'dim'").c_str());
  Statement rows = database.prepare(
      "SELECT path, checksum, vector, codes FROM pictures LEFT JOIN vectors USING (id) LEFT JOIN "
      "tokens USING (id)");
  size_t more = 0;
  while (rows.step()) {
    const std::string fault = fault_of(rows, dim);
    if (fault.empty()) continue;
    if (out.size() < kListed)
      out.push_back(fault);
    else
      ++more;
  }
  if (more > 0) out.push_back(fmt::format("and {} more", more));
  return out;
}

SqlDialect sqlite_dialect() {
  return {.text = text_of, .number = number_of, .placeholder = placeholder};
}

}  // namespace troodon::collection
