#pragma once

#include "collection/filter.hpp"
#include "collection/postgres/connection.hpp"
#include "collection/store.hpp"

namespace troodon::collection::postgres {

/// Tables and settings in a schema of their own, where they are not there yet. Throws Error
/// (Exit::input) where the server lacks pgvector, or rights.
void make_schema(const Connection& connection, const Address& address, const Settings& settings);

/// Throws Error (Exit::input) if there is no collection of that name, or one of another format.
void check_schema(const Connection& connection, const Address& address);

/// 6 for pgvector 0.6.x, 100 for 1.0; 0: the database has none.
int64_t vector_version(const Connection& connection);

/// Makes the index of nearest vectors once there are enough of them that it pays.
void index_if_many(const Connection& connection, int64_t dim);

/// What is wrong with the rows, a sentence each.
std::vector<std::string> faults_of(const Connection& connection, int64_t dim);

SqlDialect dialect();

}  // namespace troodon::collection::postgres
