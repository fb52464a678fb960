#include "collection/sqlite_store.hpp"

#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "collection/codes.hpp"
#include "collection/settings.hpp"
#include "collection/sqlite_schema.hpp"

namespace troodon::collection {
namespace {

Picture picture_of(const Statement& row) {
  return {.id = row.integer(0),
          .path = row.text(1),
          .file = {.bytes = row.integer(2), .modified_ns = row.integer(3)},
          .content_hash = row.integer(4),
          .difference = row.integer(5),
          .width = static_cast<int>(row.integer(6)),
          .height = static_cast<int>(row.integer(7)),
          .label = row.text(8),
          .columns = columns_of(row.text(9))};
}
constexpr std::string_view kPicture =
    "SELECT id, path, bytes, modified_ns, content_hash, difference, width, height, label, columns "
    "FROM pictures ";

/// The condition of a filter, with its values bound.
Statement filtered(const Database& database,
                   const std::string& before,
                   const Filter& filter,
                   const std::string& after) {
  const SqlText sql = sql_of(filter, sqlite_dialect());
  Statement out = database.prepare(before + " WHERE " + sql.where + " " + after);
  for (const std::string& value : sql.values) out.bind(value);
  return out;
}

/// The version that a transaction's changes belong to.
int64_t next_version(Database& database) {
  database.execute("UPDATE counters SET version = version + 1");
  Statement row = database.prepare("SELECT version FROM counters");
  row.step();
  return row.integer(0);
}

/// Forgets a picture and remembers that it went.
bool forget(Database& database, const std::string& path, int64_t version) {
  Statement found = database.prepare("SELECT id FROM pictures WHERE path = ?");
  found.bind(path);
  if (!found.step()) return false;
  const int64_t id = found.integer(0);
  for (const char* table : {"pictures", "vectors", "tokens"})
    database.prepare(fmt::format("DELETE FROM {} WHERE id = ?", table)).bind(id).run();
  database.prepare("INSERT INTO removed (version, id) VALUES (?, ?)").bind(version).bind(id).run();
  return true;
}

void insert(Database& database, const Record& record) {
  const Picture& p = record.picture;
  const auto vector = std::as_bytes(std::span(record.vector));
  const std::vector<std::byte> tokens = bytes_of(record.tokens);
  Statement picture = database.prepare(
      "INSERT INTO pictures (path, bytes, modified_ns, content_hash, difference, width, height, "
      "label, columns, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  picture.bind(p.path).bind(p.file.bytes).bind(p.file.modified_ns).bind(p.content_hash);
  picture.bind(p.difference).bind(p.width).bind(p.height).bind(p.label).bind(json_of(p.columns));
  picture.bind(checksum_of(vector, tokens)).run();
  const int64_t id = database.last_id();
  database.prepare("INSERT INTO vectors (id, vector) VALUES (?, ?)").bind(id).bind(vector).run();
  if (record.tokens.rows > 0)
    database.prepare("INSERT INTO tokens (id, codes) VALUES (?, ?)").bind(id).bind(tokens).run();
}

}  // namespace

SqliteStore::SqliteStore(const fs::path& folder)
    : folder_(folder),
      file_(existing_database(folder)),
      writer_(file_, Database::Mode::write),
      readers_(file_) {
  check_schema(writer_, file_);
}

SqliteStore::SqliteStore(const fs::path& folder, const Settings& settings)
    : folder_(folder),
      file_(database_file(folder)),
      writer_(file_, Database::Mode::write),
      readers_(file_) {
  make_schema(writer_, settings);
  check_schema(writer_, file_);
  check_same(this->settings(), settings, description());
}

Settings SqliteStore::settings() const {
  return readers_.with([](const Database& database) {
    std::map<std::string, std::string> values;
    Statement rows = database.prepare("SELECT name, value FROM settings");
    while (rows.step()) values[rows.text(0)] = rows.text(1);
    return settings_of(values);
  });
}

void SqliteStore::put(std::span<const Record> records) {
  const std::lock_guard lock(writing_);
  Transaction transaction(writer_);
  const int64_t version = next_version(writer_);
  for (const Record& record : records) {
    forget(writer_, record.picture.path, version);
    writer_.prepare("DELETE FROM unreadable WHERE path = ?").bind(record.picture.path).run();
    insert(writer_, record);
  }
  transaction.commit();
}

void SqliteStore::put_unreadable(std::span<const Unreadable> files) {
  const std::lock_guard lock(writing_);
  Transaction transaction(writer_);
  const int64_t version = next_version(writer_);
  for (const Unreadable& file : files) {
    forget(writer_, file.path, version);
    Statement row = writer_.prepare("INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?)");
    row.bind(file.path).bind(file.file.bytes).bind(file.file.modified_ns).bind(file.reason).run();
  }
  transaction.commit();
}

int64_t SqliteStore::remove(std::span<const std::string> paths) {
  const std::lock_guard lock(writing_);
  Transaction transaction(writer_);
  const int64_t version = next_version(writer_);
  int64_t removed = 0;
  for (const std::string& path : paths) {
    removed += forget(writer_, path, version) ? 1 : 0;
    writer_.prepare("DELETE FROM unreadable WHERE path = ?").bind(path).run();
  }
  transaction.commit();
  return removed;
}

void SqliteStore::describe(std::span<const Picture> pictures) {
  const std::lock_guard lock(writing_);
  Transaction transaction(writer_);
  next_version(writer_);
  Statement row = writer_.prepare("UPDATE pictures SET label = ?, columns = ? WHERE path = ?");
  for (const Picture& p : pictures) row.bind(p.label).bind(json_of(p.columns)).bind(p.path).run();
  transaction.commit();
}

std::map<std::string, FileState> SqliteStore::files() const {
  return readers_.with([](const Database& database) {
    std::map<std::string, FileState> out;
    for (const char* table : {"pictures", "unreadable"}) {
      Statement rows =
          database.prepare(fmt::format("SELECT path, bytes, modified_ns FROM {}", table));
      while (rows.step()) out[rows.text(0)] = {rows.integer(1), rows.integer(2)};
    }
    return out;
  });
}

std::vector<Unreadable> SqliteStore::unreadable() const {
  return readers_.with([](const Database& database) {
    std::vector<Unreadable> out;
    Statement rows =
        database.prepare("SELECT path, bytes, modified_ns, reason FROM unreadable ORDER BY path");
    while (rows.step())
      out.push_back({rows.text(0), {rows.integer(1), rows.integer(2)}, rows.text(3)});
    return out;
  });
}

int64_t SqliteStore::count(const Filter& filter) const {
  return readers_.with([&](const Database& database) {
    Statement row = filtered(database, "SELECT COUNT(*) FROM pictures", filter, "");
    row.step();
    return row.integer(0);
  });
}

std::vector<Picture> SqliteStore::list(const Filter& filter, int64_t offset, int64_t limit) const {
  return readers_.with([&](const Database& database) {
    std::vector<Picture> out;
    Statement rows = filtered(database,
                              std::string(kPicture),
                              filter,
                              fmt::format("ORDER BY path LIMIT {} OFFSET {}", limit, offset));
    while (rows.step()) out.push_back(picture_of(rows));
    return out;
  });
}

std::vector<Picture> SqliteStore::pictures(std::span<const int64_t> ids) const {
  return readers_.with([&](const Database& database) {
    std::vector<Picture> out;
    Statement row = database.prepare(std::string(kPicture) + "WHERE id = ?");
    for (const int64_t id : ids) {
      if (row.bind(id).step()) out.push_back(picture_of(row));
      row.reset();
    }
    return out;
  });
}

std::vector<int64_t> SqliteStore::ids(const Filter& filter) const {
  return readers_.with([&](const Database& database) {
    std::vector<int64_t> out;
    Statement rows = filtered(database, "SELECT id FROM pictures", filter, "ORDER BY id");
    while (rows.step()) out.push_back(rows.integer(0));
    return out;
  });
}

std::vector<std::pair<std::string, int64_t>> SqliteStore::labels() const {
  return readers_.with([](const Database& database) {
    std::vector<std::pair<std::string, int64_t>> out;
    Statement rows = database.prepare(
        "SELECT label, COUNT(*) FROM pictures WHERE label <> '' GROUP BY label ORDER BY 2 DESC, 1");
    while (rows.step()) out.emplace_back(rows.text(0), rows.integer(1));
    return out;
  });
}

std::vector<std::string> SqliteStore::columns() const {
  return readers_.with([](const Database& database) {
    std::vector<std::string> out;
    Statement rows = database.prepare(
        "SELECT DISTINCT key FROM pictures, json_each(pictures.columns) ORDER BY key");
    while (rows.step()) out.push_back(rows.text(0));
    return out;
  });
}

Vectors SqliteStore::vectors(int64_t after, int64_t limit) const {
  return readers_.with([&](const Database& database) {
    Vectors out;
    Statement rows =
        database.prepare("SELECT id, vector FROM vectors WHERE id > ? ORDER BY id LIMIT ?");
    rows.bind(after).bind(limit);
    while (rows.step()) {
      const auto bytes = rows.blob(1);
      const size_t size = out.values.size();
      out.ids.push_back(rows.integer(0));
      out.values.resize(size + bytes.size() / sizeof(float));
      std::memcpy(
          out.values.data() + size, bytes.data(), bytes.size() / sizeof(float) * sizeof(float));
    }
    return out;
  });
}

std::vector<TokenCodes> SqliteStore::tokens(std::span<const int64_t> ids) const {
  return readers_.with([&](const Database& database) {
    std::vector<TokenCodes> out;
    Statement row = database.prepare("SELECT codes FROM tokens WHERE id = ?");
    for (const int64_t id : ids) {
      out.push_back(row.bind(id).step() ? codes_of(row.blob(0)) : TokenCodes{});
      row.reset();
    }
    return out;
  });
}

int64_t SqliteStore::version() const {
  return readers_.with([](const Database& database) {
    Statement row = database.prepare("SELECT version FROM counters");
    row.step();
    return row.integer(0);
  });
}

std::optional<std::vector<int64_t>> SqliteStore::removed_since(int64_t version) const {
  return readers_.with([&](const Database& database) -> std::optional<std::vector<int64_t>> {
    Statement oldest = database.prepare("SELECT removed_from FROM counters");
    oldest.step();
    if (version < oldest.integer(0)) return std::nullopt;
    std::vector<int64_t> out;
    Statement rows = database.prepare("SELECT id FROM removed WHERE version > ?");
    rows.bind(version);
    while (rows.step()) out.push_back(rows.integer(0));
    return out;
  });
}

std::optional<std::vector<Hit>> SqliteStore::nearest(std::span<const float>,
                                                     int64_t,
                                                     const Filter&) const {
  return std::nullopt;
}

std::vector<std::string> SqliteStore::verify() const {
  return readers_.with([&](const Database& database) { return faults_of(database); });
}

void SqliteStore::compact() {
  const std::lock_guard lock(writing_);
  {
    Transaction transaction(writer_);
    writer_.execute("UPDATE counters SET removed_from = version");
    writer_.execute("DELETE FROM removed");
    transaction.commit();
  }
  writer_.execute("VACUUM");
  writer_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

std::string SqliteStore::description() const {
  return file_.string();
}

}  // namespace troodon::collection
