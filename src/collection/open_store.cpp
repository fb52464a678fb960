#include "base/error.hpp"
#include "collection/sqlite_store.hpp"

namespace troodon::collection {
namespace {

bool is_database(const std::string& where) {
  return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

[[noreturn]] void no_postgres() {
  fail(Exit::usage, "this Troodon was built without libpq; install libpq-dev and build it again");
}

}  // namespace

fs::path collection_folder(const fs::path& folder) {
  return folder / ".troodon";
}

std::unique_ptr<Store> open_store(const std::string& where) {
  if (is_database(where)) no_postgres();
  return std::make_unique<SqliteStore>(collection_folder(where));
}

std::unique_ptr<Store> make_store(const std::string& where, const Settings& settings) {
  if (is_database(where)) no_postgres();
  return std::make_unique<SqliteStore>(collection_folder(where), settings);
}

}  // namespace troodon::collection
