#include "collection/postgres/schema.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "collection/codes.hpp"
#include "collection/settings.hpp"

namespace troodon::collection::postgres {
namespace {

constexpr std::string_view kFormat = "1";
constexpr int64_t kLeastVector = 5;  // 0.5: the first with HNSW
constexpr size_t kListed = 20;       // faults that are told one by one
constexpr double kUnit = 1e-3;       // a vector's length may differ so much from 1
// Fewer vectors are compared one by one in a few milliseconds, and exactly.
constexpr int64_t kIndexFrom = 5000;
constexpr int64_t kMostIndexed = 2000;  // dimensions that pgvector's index takes

/// as_number: what std::from_chars reads as a number, but for infinities; else NULL.
constexpr const char* kTables = R"(
CREATE TABLE settings (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE counters (version bigint NOT NULL, removed_from bigint NOT NULL);
INSERT INTO counters VALUES (0, 0);
CREATE TABLE pictures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, path text COLLATE "C" NOT NULL UNIQUE,
  bytes bigint NOT NULL, modified_ns bigint NOT NULL, content_hash bigint NOT NULL,
  difference bigint NOT NULL, width bigint NOT NULL, height bigint NOT NULL,
  label text COLLATE "C" NOT NULL, columns jsonb NOT NULL, checksum bigint NOT NULL);
CREATE INDEX pictures_label ON pictures (label);
CREATE TABLE tokens (
  id bigint PRIMARY KEY REFERENCES pictures ON DELETE CASCADE, codes bytea NOT NULL);
CREATE TABLE unreadable (path text COLLATE "C" PRIMARY KEY, bytes bigint NOT NULL,
  modified_ns bigint NOT NULL, reason text NOT NULL);
CREATE TABLE removed (version bigint NOT NULL, id bigint NOT NULL);
CREATE INDEX removed_version ON removed (version);
CREATE FUNCTION as_number(cell text) RETURNS double precision IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN cell ~ '^-?([0-9]{1,200}[.]?[0-9]{0,50}|[.][0-9]{1,50})([eE][+-]?[0-9]{1,2})?$'
    THEN cell::double precision END $$;
)";

std::string text_of(const std::string& column) {
  for (const char* name : {"path", "label"})
    if (column == name) return column;
  for (const char* name : {"id", "width", "height", "bytes"})
    if (column == name) return fmt::format("({}::text COLLATE \"C\")", column);
  std::string name;  // within '...' of SQL
  for (const char c : sendable(column)) {
    name += c;
    if (c == '\'') name += '\'';
  }
  return fmt::format("(COALESCE(columns->>'{}', '') COLLATE \"C\")", name);
}

std::string number_of(const std::string& column) {
  for (const char* name : {"id", "width", "height", "bytes"})
    if (column == name) return column;
  return "as_number(" + text_of(column) + ")";
}

std::string placeholder(int number, bool is_number) {
  return is_number ? fmt::format("as_number(${}::text)", number)
                   : fmt::format("(${}::text COLLATE \"C\")", number);
}

void make_extension(const Connection& connection) {
  if (vector_version(connection) == 0) {
    try {
      connection.execute("CREATE EXTENSION IF NOT EXISTS vector");
    } catch (const Error& error) {
      fail(Exit::input,
           "{}; install pgvector on the server (Debian: postgresql-16-pgvector), or ask who "
           "administers it for: CREATE EXTENSION vector",
           error.what());
    }
  }
  if (vector_version(connection) < kLeastVector)
    fail(Exit::input,
         "{}: pgvector 0.5 or later is needed; update it, then: ALTER EXTENSION vector UPDATE",
         connection.description());
}

void make_tables(const Connection& connection, const Settings& settings) {
  connection.execute(kTables);
  connection.execute(fmt::format(
      "CREATE TABLE vectors (id bigint PRIMARY KEY REFERENCES pictures ON DELETE CASCADE, "
      "vector vector({}) NOT NULL); ALTER TABLE vectors ALTER vector SET STORAGE PLAIN",
      settings.dim));
  auto values = values_of(settings);
  values["format"] = kFormat;
  for (const auto& [name, value] : values)
    (void)connection.run("INSERT INTO settings VALUES ($1, $2)",
                         Values().add(std::string_view(name)).add(std::string_view(value)));
}

/// What a picture's look left, compared with its checksum.
std::string fault_of(const Reply& rows, int64_t row, int64_t dim) {
  const std::string path = rows.text(row, 1);
  std::vector<float> vector;
  if (!rows.is_null(row, 3)) rows.vector(row, 3, vector);
  if (static_cast<int64_t>(vector.size()) != dim) return path + ": its vector is missing";
  const auto none = bytes_of(TokenCodes{});
  const auto tokens = rows.is_null(row, 4) ? std::span<const std::byte>(none) : rows.bytes(row, 4);
  if (checksum_of(std::as_bytes(std::span(vector)), tokens) != rows.integer(row, 2))
    return path + ": its vector or tokens are not what was written";
  double squares = 0;
  for (const float x : vector) squares += double{x} * x;
  return std::abs(std::sqrt(squares) - 1) < kUnit ? ""
                                                  : path + ": its vector is not of unit length";
}

}  // namespace

int64_t vector_version(const Connection& connection) {
  const Reply found =
      connection.run("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
  if (found.rows() == 0) return 0;
  int major = 0, minor = 0;
  std::sscanf(found.text(0, 0).c_str(), "%d.%d", &major, &minor);
  return 100 * major + minor;
}

void make_schema(const Connection& connection, const Address& address, const Settings& settings) {
  make_extension(connection);
  Transaction transaction(connection);
  connection.execute("SELECT pg_advisory_xact_lock(1953656687)");  // two may begin at once
  const std::string schema = address.schema();
  const Reply there =
      connection.run("SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'settings'",
                     Values().add(std::string_view(schema)));
  if (there.rows() == 0) {
    connection.execute(fmt::format("CREATE SCHEMA IF NOT EXISTS \"{}\"", schema));
    make_tables(connection, settings);
  }
  transaction.commit();
}

void check_schema(const Connection& connection, const Address& address) {
  const Reply there =
      connection.run("SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'settings'",
                     Values().add(std::string_view(address.schema())));
  if (there.rows() == 0)
    fail(Exit::input,
         "{}: there is no collection of that name; make one with `troodon index add`",
         connection.description());
  const Reply format = connection.run("SELECT value FROM settings WHERE name = 'format'");
  if (format.rows() == 0 || format.text(0, 0) != kFormat)
    fail(Exit::input,
         "{}: a collection of format {}, this Troodon reads {}",
         connection.description(),
         format.rows() == 0 ? "none" : format.text(0, 0),
         kFormat);
}

void index_if_many(const Connection& connection, int64_t dim) {
  if (dim > kMostIndexed) return;
  const Reply many =
      connection.run(fmt::format("SELECT 1 WHERE to_regclass('vectors_nearest') IS NULL AND "
                                 "EXISTS (SELECT 1 FROM vectors OFFSET {})",
                                 kIndexFrom));
  if (many.rows() == 0) return;
  connection.execute("SET maintenance_work_mem = '512MB'");
  connection.execute(
      "CREATE INDEX IF NOT EXISTS vectors_nearest ON vectors "
      "USING hnsw (vector vector_ip_ops) WITH (m = 16, ef_construction = 100)");
  connection.execute("ANALYZE vectors; ANALYZE pictures; RESET maintenance_work_mem");
}

std::vector<std::string> faults_of(const Connection& connection, int64_t dim) {
  constexpr int64_t kAtOnce = 1000;
  std::vector<std::string> out;
  size_t more = 0;
  for (int64_t after = 0;;) {
    const Reply rows = connection.run(
        fmt::format("SELECT pictures.id, path, checksum, vector, codes FROM pictures "
                    "LEFT JOIN vectors USING (id) LEFT JOIN tokens USING (id) "
                    "WHERE pictures.id > $1 ORDER BY pictures.id LIMIT {}",
                    kAtOnce),
        Values().add(after));
    for (int64_t row = 0; row < rows.rows(); ++row) {
      after = rows.integer(row, 0);
      std::string fault = fault_of(rows, row, dim);
      if (fault.empty()) continue;
      if (out.size() < kListed)
        out.push_back(std::move(fault));
      else
        ++more;
    }
    if (rows.rows() < kAtOnce) break;
  }
  if (more > 0) out.push_back(fmt::format("and {} more", more));
  return out;
}

SqlDialect dialect() {
  return {.text = text_of, .number = number_of, .placeholder = placeholder};
}

}  // namespace troodon::collection::postgres
