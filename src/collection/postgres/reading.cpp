#include <algorithm>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "collection/codes.hpp"
#include "collection/postgres/schema.hpp"
#include "collection/postgres/store.hpp"
#include "collection/settings.hpp"

namespace troodon::collection {
namespace {

using postgres::Connection;
using postgres::Reply;
using postgres::Values;

constexpr std::string_view kPicture =
    "SELECT id, path, bytes, modified_ns, content_hash, difference, width, height, label, "
    "columns::text FROM pictures ";

Picture picture_of(const Reply& rows, int64_t row) {
  return {.id = rows.integer(row, 0),
          .path = rows.text(row, 1),
          .file = {.bytes = rows.integer(row, 2), .modified_ns = rows.integer(row, 3)},
          .content_hash = rows.integer(row, 4),
          .difference = rows.integer(row, 5),
          .width = static_cast<int>(rows.integer(row, 6)),
          .height = static_cast<int>(rows.integer(row, 7)),
          .label = rows.text(row, 8),
          .columns = columns_of(rows.text(row, 9))};
}

/// `before` WHERE filter `after`.
Reply filtered(const Connection& connection,
               std::string_view before,
               const Filter& filter,
               std::string_view after) {
  const SqlText sql = sql_of(filter, postgres::dialect());
  Values values;
  for (const std::string& value : sql.values) values.add(std::string_view(value));
  return connection.run(fmt::format("{} WHERE {} {}", before, sql.where, after), values);
}

std::vector<int64_t> integers_of(const Reply& rows) {
  std::vector<int64_t> out;
  for (int64_t row = 0; row < rows.rows(); ++row) out.push_back(rows.integer(row, 0));
  return out;
}

/// "{1,2,3}": an array as text.
std::string array_of(std::span<const int64_t> ids) {
  return fmt::format("{{{}}}", fmt::join(ids, ","));
}

/// Where each of some ids stands among rows that begin with theirs; -1: nowhere.
std::vector<int64_t> places_of(std::span<const int64_t> ids, const Reply& rows) {
  std::map<int64_t, int64_t> place;
  for (int64_t row = 0; row < rows.rows(); ++row) place[rows.integer(row, 0)] = row;
  std::vector<int64_t> out;
  for (const int64_t id : ids) {
    const auto found = place.find(id);
    out.push_back(found == place.end() ? -1 : found->second);
  }
  return out;
}

}  // namespace

Settings PostgresStore::settings() const {
  return connections_.with([](const Connection& connection) {
    const Reply rows = connection.run("SELECT name, value FROM settings");
    std::map<std::string, std::string> values;
    for (int64_t row = 0; row < rows.rows(); ++row) values[rows.text(row, 0)] = rows.text(row, 1);
    return settings_of(values);
  });
}

std::map<std::string, FileState> PostgresStore::files() const {
  return connections_.with([](const Connection& connection) {
    const Reply rows = connection.run(
        "SELECT path, bytes, modified_ns FROM pictures UNION ALL "
        "SELECT path, bytes, modified_ns FROM unreadable");
    std::map<std::string, FileState> out;
    for (int64_t row = 0; row < rows.rows(); ++row)
      out[rows.text(row, 0)] = {rows.integer(row, 1), rows.integer(row, 2)};
    return out;
  });
}

std::vector<Unreadable> PostgresStore::unreadable() const {
  return connections_.with([](const Connection& connection) {
    const Reply rows =
        connection.run("SELECT path, bytes, modified_ns, reason FROM unreadable ORDER BY path");
    std::vector<Unreadable> out;
    for (int64_t row = 0; row < rows.rows(); ++row)
      out.push_back(
          {rows.text(row, 0), {rows.integer(row, 1), rows.integer(row, 2)}, rows.text(row, 3)});
    return out;
  });
}

int64_t PostgresStore::count(const Filter& filter) const {
  return connections_.with([&](const Connection& connection) {
    return filtered(connection, "SELECT COUNT(*) FROM pictures", filter, "").integer(0, 0);
  });
}

std::vector<Picture> PostgresStore::list(const Filter& filter,
                                         int64_t offset,
                                         int64_t limit) const {
  return connections_.with([&](const Connection& connection) {
    const Reply rows = filtered(connection,
                                kPicture,
                                filter,
                                fmt::format("ORDER BY path LIMIT {} OFFSET {}", limit, offset));
    std::vector<Picture> out;
    for (int64_t row = 0; row < rows.rows(); ++row) out.push_back(picture_of(rows, row));
    return out;
  });
}

std::vector<Picture> PostgresStore::pictures(std::span<const int64_t> ids) const {
  return connections_.with([&](const Connection& connection) {
    const Reply rows = connection.run(std::string(kPicture) + "WHERE id = ANY($1::text::bigint[])",
                                      Values().add(std::string_view(array_of(ids))));
    std::vector<Picture> out;
    for (const int64_t row : places_of(ids, rows))
      if (row >= 0) out.push_back(picture_of(rows, row));
    return out;
  });
}

std::vector<int64_t> PostgresStore::ids(const Filter& filter) const {
  return connections_.with([&](const Connection& connection) {
    return integers_of(filtered(connection, "SELECT id FROM pictures", filter, "ORDER BY id"));
  });
}

std::vector<std::pair<std::string, int64_t>> PostgresStore::labels() const {
  return connections_.with([](const Connection& connection) {
    const Reply rows = connection.run(
        "SELECT label, COUNT(*) FROM pictures WHERE label <> '' GROUP BY label ORDER BY 2 DESC, 1");
    std::vector<std::pair<std::string, int64_t>> out;
    for (int64_t row = 0; row < rows.rows(); ++row)
      out.emplace_back(rows.text(row, 0), rows.integer(row, 1));
    return out;
  });
}

std::vector<std::string> PostgresStore::columns() const {
  return connections_.with([](const Connection& connection) {
    const Reply rows = connection.run(
        "SELECT DISTINCT key COLLATE \"C\" FROM pictures, jsonb_object_keys(columns) AS key "
        "ORDER BY 1");
    std::vector<std::string> out;
    for (int64_t row = 0; row < rows.rows(); ++row) out.push_back(rows.text(row, 0));
    return out;
  });
}

Vectors PostgresStore::vectors(int64_t after, int64_t limit) const {
  return connections_.with([&](const Connection& connection) {
    const Reply rows =
        connection.run("SELECT id, vector FROM vectors WHERE id > $1 ORDER BY id LIMIT $2",
                       Values().add(after).add(limit));
    Vectors out{.ids = integers_of(rows)};
    out.values.reserve(out.ids.size() * dim_);
    for (int64_t row = 0; row < rows.rows(); ++row) rows.vector(row, 1, out.values);
    return out;
  });
}

std::vector<TokenCodes> PostgresStore::tokens(std::span<const int64_t> ids) const {
  return connections_.with([&](const Connection& connection) {
    const Reply rows =
        connection.run("SELECT id, codes FROM tokens WHERE id = ANY($1::text::bigint[])",
                       Values().add(std::string_view(array_of(ids))));
    std::vector<TokenCodes> out;
    for (const int64_t row : places_of(ids, rows))
      out.push_back(row >= 0 ? codes_of(rows.bytes(row, 1)) : TokenCodes{});
    return out;
  });
}

int64_t PostgresStore::version() const {
  return connections_.with([](const Connection& connection) {
    return connection.run("SELECT version FROM counters").integer(0, 0);
  });
}

std::optional<std::vector<int64_t>> PostgresStore::removed_since(int64_t version) const {
  return connections_.with(
      [&](const Connection& connection) -> std::optional<std::vector<int64_t>> {
        if (version < connection.run("SELECT removed_from FROM counters").integer(0, 0))
          return std::nullopt;
        return integers_of(
            connection.run("SELECT id FROM removed WHERE version > $1", Values().add(version)));
      });
}

std::vector<std::string> PostgresStore::verify() const {
  return connections_.with(
      [&](const Connection& connection) { return postgres::faults_of(connection, dim_); });
}

std::string PostgresStore::description() const {
  return connections_.with([](const Connection& connection) { return connection.description(); });
}

}  // namespace troodon::collection
