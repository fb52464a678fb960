#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace troodon::collection::postgres {

/// Values of a statement's $1, $2, ... in PostgreSQL's binary form.
class Values {
 public:
  Values& add(int64_t value);                          ///< bigint
  Values& add(std::string_view text);                  ///< text; see sendable()
  Values& add(std::span<const std::byte> bytes);       ///< bytea
  Values& add_vector(std::span<const float> numbers);  ///< pgvector's vector

  const std::vector<std::string>& all() const { return values_; }

 private:
  std::vector<std::string> values_;
};

/// Rows of binary columns.
class Reply {
 public:
  explicit Reply(pg_result* result) : result_(result, Clear{}) {}
  int64_t rows() const;
  bool is_null(int64_t row, int column) const;
  int64_t integer(int64_t row, int column) const;  ///< of a bigint
  double number(int64_t row, int column) const;    ///< of a double precision
  std::string text(int64_t row, int column) const;
  std::span<const std::byte> bytes(int64_t row, int column) const;
  /// Appends a vector's numbers.
  void vector(int64_t row, int column, std::vector<float>& out) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::shared_ptr<pg_result> result_;
};

struct Call {
  std::string sql;
  Values values;
};

/// Where a collection is: a database and the schema in it.
struct Address {
  std::string url;
  std::string name;  ///< of the collection: lower-case letters, digits, _

  std::string schema() const { return "troodon_" + name; }
};

/// "postgresql://...#NAME". Throws Error (Exit::input) for a name that is none.
Address address_of(const std::string& where);

/// One connection, of one thread at a time. All calls throw Error (Exit::resource) with the
/// server's words.
class Connection {
 public:
  /// Throws Error (Exit::input) where no server answers so, or one that is too old.
  explicit Connection(const Address& address);

  /// Statements without values, one or several.
  void execute(const std::string& sql) const;
  /// One statement, prepared when it comes first.
  Reply run(const std::string& sql, const Values& values = {}) const;
  /// Statements whose rows nobody needs, without waiting for one after the other.
  void run_all(std::span<const Call> calls) const;
  /// hnsw.ef_search from now on; `iterate`: scans go on until filters let enough pass.
  void search_width(int64_t width, bool iterate) const;

  bool is_alive() const;
  std::string description() const;  ///< without a password

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  const std::string& prepared(const std::string& sql) const;
  Reply checked(pg_result* result) const;

  Address address_;
  std::unique_ptr<pg_conn, Close> connection_;
  mutable std::map<std::string, std::string> names_;  ///< of prepared statements, by SQL
  mutable int64_t width_ = 0;
};

/// BEGIN ... COMMIT; rolls back if it is left without commit().
class Transaction {
 public:
  explicit Transaction(const Connection& connection) : connection_(connection) {
    connection_.execute("BEGIN");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// When it returns, the changes are on the server's disk.
  void commit() {
    connection_.execute("COMMIT");
    done_ = true;
  }

 private:
  const Connection& connection_;
  bool done_ = false;
};

/// Connections, one for each thread that asks at the same time; lost ones are made anew.
class Connections {
 public:
  explicit Connections(Address address) : address_(std::move(address)) {}

  /// Calls body(connection) with a connection that nobody else uses meanwhile.
  template <class Body>
  auto with(Body&& body) const {
    auto connection = take();
    struct GiveBack {
      const Connections& connections;
      std::unique_ptr<Connection>& connection;
      ~GiveBack() { connections.give(std::move(connection)); }
    } const give_back{*this, connection};
    return body(*connection);
  }
  const Address& address() const { return address_; }

 private:
  std::unique_ptr<Connection> take() const;
  void give(std::unique_ptr<Connection> connection) const;

  Address address_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Connection>> idle_;
};

/// Text as PostgreSQL takes it, UTF-8 without zeros, and back: other bytes become characters of
/// Unicode's private area, U+F700 + byte.
std::string sendable(std::string_view text);
std::string received(std::string_view text);

}  // namespace troodon::collection::postgres
