#include "collection/sqlite.hpp"

#include <charconv>
#include <sqlite3.h>

#include "base/error.hpp"

namespace troodon::collection {
namespace {

constexpr int kBusyMilliseconds = 30'000;  // another process may be writing a batch

[[noreturn]] void complain(sqlite3* database, int code, const std::string& where) {
  const bool disk =
      code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_READONLY || code == SQLITE_BUSY;
  const char* advice =
      code == SQLITE_CORRUPT || code == SQLITE_NOTADB
          ? "; the file is damaged: `troodon index verify` says more, or remove it and add "
            "the pictures again"
      : code == SQLITE_BUSY ? "; another program has been writing to it for long"
                            : "";
  fail(disk ? Exit::resource : Exit::input,
       "{}: {}{}",
       where,
       database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code),
       advice);
}

/// SQL's as_number(text): the number that the whole text is, else NULL; what parse_filter means.
void as_number(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  if (text == nullptr || *text == 0) return sqlite3_result_null(context);
  double value = 0;
  const char* end = text + sqlite3_value_bytes(values[0]);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end) return sqlite3_result_null(context);
  sqlite3_result_double(context, value);
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql, const std::string& where)
    : database_(database), where_(where) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) complain(database, code, where);
  statement_.reset(statement);
}

Statement& Statement::bind(int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text(
      statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(std::span<const std::byte> blob) {
  sqlite3_bind_blob64(statement_.get(), ++bound_, blob.data(), blob.size(), SQLITE_STATIC);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) complain(database_, code, where_);
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), size);
}

std::span<const std::byte> Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const std::byte*>(data),
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(const fs::path& file, Mode mode) : where_(file.string()) {
  sqlite3* database = nullptr;
  // Readers open for writing, too: whoever comes first after a kill brings the log in order.
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == Mode::write ? SQLITE_OPEN_CREATE : 0);
  int code = sqlite3_open_v2(where_.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) complain(database, code, where_);
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  if (mode == Mode::write) execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=FULL");  // a commit that was acknowledged survives a power cut
  execute("PRAGMA mmap_size=1073741824");
  sqlite3_create_function(database,
                          "as_number",
                          1,
                          SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          nullptr,
                          as_number,
                          nullptr,
                          nullptr);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) complain(database_.get(), code, where_);
}

int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

int64_t Database::changes() const {
  return sqlite3_changes(database_.get());
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Transaction::~Transaction() {
  try {
    if (!done_) database_.execute("ROLLBACK");
  } catch (const Error&) {
    // The connection is broken; what was not committed is undone when the file is opened next.
  }
}

std::unique_ptr<Database> Readers::take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto out = std::move(idle_.back());
      idle_.pop_back();
      return out;
    }
  }
  return std::make_unique<Database>(file_, Database::Mode::read);
}

void Readers::give(std::unique_ptr<Database> database) const {
  constexpr size_t kMost = 8;  // each maps the file for itself and keeps pages of its own
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMost) idle_.push_back(std::move(database));
}

}  // namespace troodon::collection
