#pragma once

#include "collection/sqlite.hpp"
#include "collection/store.hpp"

namespace troodon::collection {

/// FOLDER/collection.db; the folder is made.
fs::path database_file(const fs::path& folder);
/// The same; throws Error (Exit::input) where it isn't there.
fs::path existing_database(const fs::path& folder);

/// Tables, indices and settings, where they are not there yet; in one transaction.
void make_schema(Database& database, const Settings& settings);
/// Throws Error (Exit::input) if the file is no collection, or one of another format.
void check_schema(const Database& database, const fs::path& file);

/// What is wrong with the rows, a sentence each.
std::vector<std::string> faults_of(const Database& database);

SqlDialect sqlite_dialect();

}  // namespace troodon::collection
