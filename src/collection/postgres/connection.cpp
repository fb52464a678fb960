#include "collection/postgres/connection.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <libpq-fe.h>
#include <poll.h>

#include "base/error.hpp"

namespace troodon::collection::postgres {
namespace {

constexpr int kBinary = 1;
constexpr int kLeastServer = 130000;
constexpr size_t kMostPrepared = 200;  // filters that people type differ without end

template <class T>
T network_order(T value) {
  if constexpr (std::endian::native == std::endian::little) {
    auto* bytes = reinterpret_cast<std::byte*>(&value);
    std::reverse(bytes, bytes + sizeof(T));
  }
  return value;
}

template <class T>
void append(std::string& to, T value) {
  const T sent = network_order(value);
  to.append(reinterpret_cast<const char*>(&sent), sizeof(T));
}

template <class T>
T read(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return network_order(value);
}

/// What libpq says, on one line.
std::string one_line(const char* message) {
  std::string out = message;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

/// The parameters' pointers and lengths, as libpq wants them.
struct Parameters {
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  explicit Parameters(const Values& from) {
    for (const std::string& value : from.all()) {
      values.push_back(value.data());
      lengths.push_back(static_cast<int>(value.size()));
      formats.push_back(kBinary);
    }
  }
  int count() const { return static_cast<int>(values.size()); }
};

}  // namespace

Values& Values::add(int64_t value) {
  append(values_.emplace_back(), value);
  return *this;
}
Values& Values::add(std::string_view text) {
  values_.push_back(sendable(text));
  return *this;
}
Values& Values::add(std::span<const std::byte> bytes) {
  values_.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return *this;
}
Values& Values::add_vector(std::span<const float> numbers) {
  std::string& out = values_.emplace_back();
  out.reserve(4 + 4 * numbers.size());
  append(out, static_cast<int16_t>(numbers.size()));
  append(out, int16_t{0});
  for (const float number : numbers) append(out, number);
  return *this;
}

void Reply::Clear::operator()(pg_result* result) const {
  PQclear(result);
}
int64_t Reply::rows() const {
  return PQntuples(result_.get());
}
bool Reply::is_null(int64_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}
int64_t Reply::integer(int64_t row, int column) const {
  return read<int64_t>(PQgetvalue(result_.get(), static_cast<int>(row), column));
}
double Reply::number(int64_t row, int column) const {
  return read<double>(PQgetvalue(result_.get(), static_cast<int>(row), column));
}
std::span<const std::byte> Reply::bytes(int64_t row, int column) const {
  const auto* from = PQgetvalue(result_.get(), static_cast<int>(row), column);
  return {reinterpret_cast<const std::byte*>(from),
          static_cast<size_t>(PQgetlength(result_.get(), static_cast<int>(row), column))};
}
std::string Reply::text(int64_t row, int column) const {
  const auto from = bytes(row, column);
  return received({reinterpret_cast<const char*>(from.data()), from.size()});
}
void Reply::vector(int64_t row, int column, std::vector<float>& out) const {
  const auto from = bytes(row, column);
  for (size_t at = 4; at + 4 <= from.size(); at += 4)
    out.push_back(read<float>(reinterpret_cast<const char*>(from.data()) + at));
}

Address address_of(const std::string& where) {
  const size_t hash = where.rfind('#');
  Address out{where.substr(0, hash),
              hash == std::string::npos ? "pictures" : where.substr(hash + 1)};
  const bool plain = std::ranges::all_of(out.name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  constexpr size_t kLongest = 50;
  if (out.name.empty() || out.name.size() > kLongest || !plain)
    fail(Exit::input,
         "'{}' names no collection: after # come lower-case letters, digits and _, at most {}",
         out.name,
         kLongest);
  return out;
}

void Connection::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Connection::Connection(const Address& address)
    : address_(address), connection_(PQconnectdb(address.url.c_str())) {
  PGconn* c = connection_.get();
  if (PQstatus(c) != CONNECTION_OK)
    fail(Exit::input,
         "no PostgreSQL answers: {}; the address is "
         "postgresql://USER:PASSWORD@HOST:PORT/DATABASE#NAME",
         one_line(PQerrorMessage(c)));
  if (PQserverVersion(c) < kLeastServer)
    fail(Exit::input, "{}: PostgreSQL 13 or later is needed", description());
  PQsetNoticeProcessor(c, [](void*, const char*) {}, nullptr);
  if (PQsetClientEncoding(c, "UTF8") != 0)
    fail(Exit::input, "{}: the database takes no UTF-8; make one that does", description());
  // Compiling a query takes longer than any of ours.
  execute(fmt::format("SET jit = off; SET search_path TO \"{}\", public", address.schema()));
}

bool Connection::is_alive() const {
  PGconn* c = connection_.get();
  // A server that went has closed its end: there is something to read, and it is the end.
  pollfd end{.fd = PQsocket(c), .events = POLLIN, .revents = 0};
  while (PQstatus(c) == CONNECTION_OK && ::poll(&end, 1, 0) > 0 && PQconsumeInput(c) == 1) {
  }
  return PQstatus(c) == CONNECTION_OK && PQtransactionStatus(c) == PQTRANS_IDLE;
}

std::string Connection::description() const {
  PGconn* c = connection_.get();
  return fmt::format("postgresql://{}:{}/{}#{}", PQhost(c), PQport(c), PQdb(c), address_.name);
}

Reply Connection::checked(pg_result* result) const {
  Reply reply(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return reply;
  const char* message =
      result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(connection_.get());
  fail(Exit::resource, "{}: {}", description(), one_line(message));
}

void Connection::execute(const std::string& sql) const {
  (void)checked(PQexec(connection_.get(), sql.c_str()));
}

const std::string& Connection::prepared(const std::string& sql) const {
  if (const auto found = names_.find(sql); found != names_.end()) return found->second;
  if (names_.size() >= kMostPrepared) {
    execute("DEALLOCATE ALL");
    names_.clear();
  }
  const std::string name = fmt::format("s{}", names_.size());
  (void)checked(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr));
  return names_.emplace(sql, name).first->second;
}

Reply Connection::run(const std::string& sql, const Values& values) const {
  const Parameters p(values);
  const std::string& name = prepared(sql);
  return checked(PQexecPrepared(connection_.get(),
                                name.c_str(),
                                p.count(),
                                p.values.data(),
                                p.lengths.data(),
                                p.formats.data(),
                                kBinary));
}

void Connection::run_all(std::span<const Call> calls) const {
  PGconn* c = connection_.get();
  for (const Call& call : calls) (void)prepared(call.sql);
  if (PQenterPipelineMode(c) != 1) fail(Exit::resource, "{}: busy", description());
  for (const Call& call : calls) {
    const Parameters p(call.values);
    PQsendQueryPrepared(c,
                        prepared(call.sql).c_str(),
                        p.count(),
                        p.values.data(),
                        p.lengths.data(),
                        p.formats.data(),
                        kBinary);
  }
  PQpipelineSync(c);
  std::string fault;
  for (bool synced = false; !synced && PQstatus(c) == CONNECTION_OK;) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(c), PQclear);
    if (result == nullptr) continue;  // the end of one statement's results
    const ExecStatusType status = PQresultStatus(result.get());
    synced = status == PGRES_PIPELINE_SYNC;
    if (status == PGRES_FATAL_ERROR && fault.empty())
      fault = one_line(PQresultErrorMessage(result.get()));
  }
  PQexitPipelineMode(c);
  if (PQstatus(c) != CONNECTION_OK && fault.empty()) fault = one_line(PQerrorMessage(c));
  if (!fault.empty()) fail(Exit::resource, "{}: {}", description(), fault);
}

void Connection::search_width(int64_t width, bool iterate) const {
  if (width == width_) return;
  execute(fmt::format("SET hnsw.ef_search = {}", width));
  if (iterate) execute("SET hnsw.iterative_scan = strict_order");
  width_ = width;
}

Transaction::~Transaction() {
  if (done_) return;
  try {
    connection_.execute("ROLLBACK");
  } catch (const Error&) {  // the connection is gone, and so is what it began
  }
}

std::unique_ptr<Connection> Connections::take() const {
  {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      auto out = std::move(idle_.back());
      idle_.pop_back();
      if (out->is_alive()) return out;
    }
  }
  return std::make_unique<Connection>(address_);
}

void Connections::give(std::unique_ptr<Connection> connection) const {
  if (!connection || !connection->is_alive()) return;
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace troodon::collection::postgres
