#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace troodon::collection {

/// A prepared statement: bind values in order, step through rows, read columns in order. Blobs and
/// texts that it returns live until the next step.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql, const std::string& where);
  Statement(Statement&&) noexcept = default;

  Statement& bind(int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(std::span<const std::byte> blob);
  /// To the next row; false after the last. Throws Error naming the file.
  bool step();
  /// Runs to the end and makes ready for other values.
  void run();
  void reset();

  int64_t integer(int column) const;
  std::string text(int column) const;
  std::span<const std::byte> blob(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  const std::string& where_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

/// One connection to a database file in write-ahead mode; its commits are on disk when they return.
class Database {
 public:
  enum class Mode { read, write };
  /// Throws Error (Exit::input) naming the file. write: it is made if it isn't there.
  Database(const fs::path& file, Mode mode);

  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) const { return {database_.get(), sql, where_}; }
  int64_t last_id() const;
  int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::string where_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// BEGIN IMMEDIATE ... COMMIT; rolls back if it is left without commit().
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    database_.execute("COMMIT");
    done_ = true;
  }

 private:
  Database& database_;
  bool done_ = false;
};

/// Connections that read, one for each thread that reads at the same time.
class Readers {
 public:
  explicit Readers(fs::path file) : file_(std::move(file)) {}

  /// Calls body(database) with a connection that nobody else uses meanwhile.
  template <class Body>
  auto with(Body&& body) const {
    auto database = take();
    struct GiveBack {
      const Readers& readers;
      std::unique_ptr<Database>& database;
      ~GiveBack() { readers.give(std::move(database)); }
    } const give_back{*this, database};
    return body(*database);
  }

 private:
  std::unique_ptr<Database> take() const;
  void give(std::unique_ptr<Database> database) const;

  fs::path file_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Database>> idle_;
};

}  // namespace troodon::collection
