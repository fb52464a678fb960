#include "collection/postgres/store.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "collection/codes.hpp"
#include "collection/postgres/schema.hpp"
#include "collection/settings.hpp"

namespace troodon::collection {
namespace {

using postgres::Call;
using postgres::Connection;
using postgres::Reply;
using postgres::Values;

constexpr int64_t kIterates = 8;                         // pgvector 0.8: iterative scans
constexpr int64_t kLeastWidth = 100, kMostWidth = 1000;  // of hnsw.ef_search; the latter pgvector's

/// The version that a transaction's changes belong to; whoever comes after waits for its end, so
/// that ids are seen in their order.
int64_t next_version(const Connection& connection) {
  return connection.run("UPDATE counters SET version = version + 1 RETURNING version")
      .integer(0, 0);
}

/// Forgets a picture, its vector and tokens, and remembers that it went.
Call forgetting(const std::string& path, int64_t version) {
  return {
      "WITH gone AS (DELETE FROM pictures WHERE path = $1 RETURNING id) "
      "INSERT INTO removed SELECT $2, id FROM gone",
      Values().add(std::string_view(path)).add(version)};
}

Call readable(const std::string& path) {
  return {"DELETE FROM unreadable WHERE path = $1", Values().add(std::string_view(path))};
}

Call inserting(const Record& record) {
  const Picture& p = record.picture;
  const std::vector<std::byte> tokens = bytes_of(record.tokens);
  Values values;
  values.add(std::string_view(p.path)).add(p.file.bytes).add(p.file.modified_ns);
  values.add(p.content_hash).add(p.difference).add(int64_t{p.width}).add(int64_t{p.height});
  values.add(std::string_view(p.label)).add(std::string_view(json_of(p.columns)));
  values.add(checksum_of(std::as_bytes(std::span(record.vector)), tokens));
  values.add_vector(record.vector);
  values.add(std::span<const std::byte>(tokens));
  return {fmt::format(
              "WITH p AS (INSERT INTO pictures (path, bytes, modified_ns, content_hash, "
              "difference, width, height, label, columns, checksum) VALUES ($1, $2, $3, $4, $5, "
              "$6, $7, $8, ($9::text)::jsonb, $10) RETURNING id), "
              "v AS (INSERT INTO vectors SELECT id, $11 FROM p) "
              "INSERT INTO tokens SELECT id, $12::bytea FROM p WHERE {}",
              record.tokens.rows > 0 ? "TRUE" : "$12::bytea IS NULL"),
          std::move(values)};
}

/// Runs calls as one transaction with a version of its own.
template <class Make>
void change(const Connection& connection, Make&& make) {
  postgres::Transaction transaction(connection);
  const int64_t version = next_version(connection);
  std::vector<Call> calls;
  make(version, calls);
  connection.run_all(calls);
  transaction.commit();
}

}  // namespace

PostgresStore::PostgresStore(const std::string& where) : connections_(postgres::address_of(where)) {
  connections_.with([&](const Connection& connection) {
    postgres::check_schema(connection, connections_.address());
    iterates_ = postgres::vector_version(connection) >= kIterates;
  });
  dim_ = settings().dim;
}

PostgresStore::PostgresStore(const std::string& where, const Settings& asked)
    : connections_(postgres::address_of(where)), dim_(asked.dim) {
  connections_.with([&](const Connection& connection) {
    postgres::make_schema(connection, connections_.address(), asked);
    postgres::check_schema(connection, connections_.address());
    iterates_ = postgres::vector_version(connection) >= kIterates;
  });
  check_same(settings(), asked, description());
}

void PostgresStore::put(std::span<const Record> records) {
  connections_.with([&](const Connection& connection) {
    change(connection, [&](int64_t version, std::vector<Call>& calls) {
      for (const Record& record : records) {
        calls.push_back(forgetting(record.picture.path, version));
        calls.push_back(readable(record.picture.path));
        calls.push_back(inserting(record));
      }
    });
    postgres::index_if_many(connection, dim_);
  });
}

void PostgresStore::put_unreadable(std::span<const Unreadable> files) {
  connections_.with([&](const Connection& connection) {
    change(connection, [&](int64_t version, std::vector<Call>& calls) {
      for (const Unreadable& file : files) {
        calls.push_back(forgetting(file.path, version));
        calls.push_back(readable(file.path));
        Values values;
        values.add(std::string_view(file.path)).add(file.file.bytes).add(file.file.modified_ns);
        calls.push_back({"INSERT INTO unreadable VALUES ($1, $2, $3, $4)",
                         values.add(std::string_view(file.reason))});
      }
    });
  });
}

int64_t PostgresStore::remove(std::span<const std::string> paths) {
  return connections_.with([&](const Connection& connection) {
    int64_t version = 0;
    change(connection, [&](int64_t now, std::vector<Call>& calls) {
      version = now;
      for (const std::string& path : paths) {
        calls.push_back(forgetting(path, version));
        calls.push_back(readable(path));
      }
    });
    return connection.run("SELECT COUNT(*) FROM removed WHERE version = $1", Values().add(version))
        .integer(0, 0);
  });
}

void PostgresStore::describe(std::span<const Picture> pictures) {
  connections_.with([&](const Connection& connection) {
    change(connection, [&](int64_t, std::vector<Call>& calls) {
      for (const Picture& p : pictures) {
        Values values;
        values.add(std::string_view(p.label)).add(std::string_view(json_of(p.columns)));
        calls.push_back(
            {"UPDATE pictures SET label = $1, columns = ($2::text)::jsonb WHERE path = $3",
             values.add(std::string_view(p.path))});
      }
    });
  });
}

void PostgresStore::compact() {
  connections_.with([&](const Connection& connection) {
    {
      postgres::Transaction transaction(connection);
      connection.execute("UPDATE counters SET removed_from = version; DELETE FROM removed");
      transaction.commit();
    }
    for (const char* table : {"pictures", "vectors", "tokens", "unreadable", "removed"})
      connection.execute(fmt::format("VACUUM ANALYZE {}", table));
  });
}

std::optional<std::vector<Hit>> PostgresStore::nearest(std::span<const float> query,
                                                       int64_t k,
                                                       const Filter& filter) const {
  if (k <= 0) return std::vector<Hit>{};
  const SqlText sql = sql_of(filter, postgres::dialect());
  Values values;
  for (const std::string& value : sql.values) values.add(std::string_view(value));
  values.add_vector(query);
  const std::string distance = fmt::format("vector <#> ${}", sql.values.size() + 1);
  const std::string found = filter.empty()
                                ? fmt::format("SELECT id, {} FROM vectors", distance)
                                : fmt::format(
                                      "SELECT vectors.id, {} FROM vectors JOIN pictures USING (id) "
                                      "WHERE {}",
                                      distance,
                                      sql.where);
  return connections_.with([&](const Connection& connection) {
    connection.search_width(std::clamp(2 * k, kLeastWidth, kMostWidth), iterates_);
    Reply rows = connection.run(fmt::format("{} ORDER BY {} LIMIT {}", found, distance, k), values);
    // The index looks at so many and lets the filter choose among them; a sum it cannot use.
    if (rows.rows() < k)
      rows =
          connection.run(fmt::format("{} ORDER BY ({}) + 0 LIMIT {}", found, distance, k), values);
    std::vector<Hit> out;
    for (int64_t row = 0; row < rows.rows(); ++row)
      out.push_back({rows.integer(row, 0), static_cast<float>(-rows.number(row, 1))});
    // Equal ones by id, as every store.
    std::stable_sort(out.begin(), out.end(), [](const Hit& a, const Hit& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    return out;
  });
}

}  // namespace troodon::collection
