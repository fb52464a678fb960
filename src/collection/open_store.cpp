#include "base/error.hpp"
#include "collection/sqlite_store.hpp"
#ifdef TROODON_HAVE_POSTGRES
#include "collection/postgres/store.hpp"
#endif

namespace troodon::collection {
namespace {

bool is_database(const std::string& where) {
  return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

#ifndef TROODON_HAVE_POSTGRES
[[noreturn]] void no_postgres() {
  fail(Exit::usage, "this Troodon was built without libpq; install libpq-dev and build it again");
}
#endif

/// A store in a database: what PostgresStore's constructor takes.
template <class... Rest>
std::unique_ptr<Store> database_store(const std::string& where, const Rest&... rest) {
#ifdef TROODON_HAVE_POSTGRES
  return std::make_unique<PostgresStore>(where, rest...);
#else
  no_postgres();
#endif
}

}  // namespace

fs::path collection_folder(const fs::path& folder) {
  return folder / ".troodon";
}

std::unique_ptr<Store> open_store(const std::string& where) {
  if (is_database(where)) return database_store(where);
  return std::make_unique<SqliteStore>(collection_folder(where));
}

std::unique_ptr<Store> make_store(const std::string& where, const Settings& settings) {
  if (is_database(where)) return database_store(where, settings);
  return std::make_unique<SqliteStore>(collection_folder(where), settings);
}

}  // namespace troodon::collection
