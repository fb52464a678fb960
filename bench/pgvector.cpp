#include <cmath>
#include <cstdlib>
#include <libpq-fe.h>

#include <fmt/ranges.h>

#include "base/random.hpp"
#include "bench.hpp"
#include "collection/postgres/store.hpp"

// Ten nearest of a collection in PostgreSQL: through our store, and the same query sent to the
// server by libpq alone (prepared, values and rows as text: what most programs do; and in binary),
// in turns.
namespace {

using namespace troodon;
using namespace troodon::collection;

std::vector<float> unit_vector(Random& random, int64_t dim) {
  std::vector<float> out(dim);
  double squares = 0;
  for (float& x : out) x = static_cast<float>(random.normal()), squares += double{x} * x;
  for (float& x : out) x = static_cast<float>(x / std::sqrt(squares));
  return out;
}

void fill(PostgresStore& store, int64_t pictures, int64_t dim) {
  constexpr int64_t kAtOnce = 1000;
  for (int64_t first = store.count({}); first < pictures; first += kAtOnce) {
    std::vector<Record> records;
    for (int64_t i = first; i < std::min(first + kAtOnce, pictures); ++i) {
      Random random(i);
      records.push_back(
          {.picture = {.path = fmt::format("{}.jpg", i)}, .vector = unit_vector(random, dim)});
    }
    store.put(records);
  }
}

/// Microseconds of one query sent directly; `binary`: as the store sends it.
class Direct {
 public:
  explicit Direct(const std::string& where) {
    const auto address = postgres::address_of(where);
    connection_ = PQconnectdb(address.url.c_str());
    command("SET search_path TO \"" + address.schema() + "\", public");
    command("SET hnsw.ef_search = 100");
    PQclear(PQprepare(connection_,
                      "nearest",
                      "SELECT id, vector <#> $1 FROM vectors ORDER BY vector <#> $1 LIMIT 10",
                      0,
                      nullptr));
  }
  ~Direct() { PQfinish(connection_); }

  int64_t ask(const std::vector<float>& query, bool binary) {
    const std::string value = binary ? postgres::Values().add_vector(query).all()[0]
                                     : fmt::format("[{}]", fmt::join(query, ","));
    const char* values[] = {value.data()};
    const int lengths[] = {static_cast<int>(value.size())}, formats[] = {binary ? 1 : 0};
    PGresult* rows =
        PQexecPrepared(connection_, "nearest", 1, values, lengths, formats, formats[0]);
    const int64_t count = PQntuples(rows);
    PQclear(rows);
    return count;
  }

 private:
  void command(const std::string& sql) { PQclear(PQexec(connection_, sql.c_str())); }
  PGconn* connection_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string where;
  int64_t pictures = 20000, dim = 192, queries = 500;
  CLI::App app("a query through the store beside the same one sent directly");
  app.add_option("where", where, "postgresql://...#NAME; filled if it is empty")->required();
  app.add_option("--pictures", pictures);
  app.add_option("--dim", dim);
  app.add_option("--queries", queries);
  CLI11_PARSE(app, argc, argv);
  PostgresStore store(where, {.model_key = "none", .dim = dim, .size = 96});
  fill(store, pictures, dim);

  Direct direct(where);
  std::vector<double> ours, text, binary;
  int64_t rows = 0;
  Random random(1'000'000);
  for (int64_t q = 0; q < queries; ++q) {
    const auto query = unit_vector(random, dim);
    // Whoever asks first brings pages into the cache: they take turns at that.
    for (int64_t turn = q; turn < q + 3; ++turn) {
      auto& times = turn % 3 == 0 ? ours : turn % 3 == 1 ? text : binary;
      times.push_back(1e3 * bench::seconds_of([&] {
                        rows += turn % 3 == 0
                                    ? static_cast<int64_t>(store.nearest(query, 10, {})->size())
                                    : direct.ask(query, turn % 3 == 2);
                      }));
    }
  }
  const double store_ms = bench::median(ours), text_ms = bench::median(text),
               binary_ms = bench::median(binary);
  fmt::print("{}\n",
             nlohmann::ordered_json{{"pictures", pictures},
                                    {"dim", dim},
                                    {"queries", queries},
                                    {"rows", rows},
                                    {"store_ms", store_ms},
                                    {"direct_text_ms", text_ms},
                                    {"direct_binary_ms", binary_ms},
                                    {"of_text", store_ms / text_ms},
                                    {"of_binary", store_ms / binary_ms}}
                 .dump());
}
