#include "collection/graph_file.hpp"

#include <algorithm>
#include <cstring>
#include <ostream>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"

namespace troodon::collection {
namespace {

constexpr int64_t kPage = 20'000;
constexpr int64_t kFewest = 8192;  // pictures that it lacks before it is worth an update

/// Which files are meant: neighbours-N.graph and neighbours-N.ids of one N.
fs::path pointer(const Store& store) {
  return store.scratch() / "neighbours.json";
}
fs::path file_of(const Store& store, int64_t number, const char* extension) {
  return store.scratch() / fmt::format("neighbours-{}.{}", number, extension);
}

/// -1: none.
int64_t current(const Store& store) {
  if (store.scratch().empty() || !fs::exists(pointer(store))) return -1;
  const auto parsed = nlohmann::json::parse(read_text(pointer(store)), nullptr, false);
  return parsed.is_object() ? parsed.value("number", int64_t{-1}) : -1;
}

void write_ids(const fs::path& file, const KnownGraph& known) {
  const auto bytes = std::as_bytes(std::span(known.ids));
  const uint64_t head[2] = {static_cast<uint64_t>(known.measured_on), xxh64(bytes)};
  write_atomically(file, [&](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(head), sizeof(head));
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  });
}

void read_ids(const fs::path& file, KnownGraph& known) {
  const std::vector<std::byte> bytes = read_bytes(file);
  uint64_t head[2] = {};
  known.ids.resize(static_cast<size_t>(known.graph.rows()));
  const auto ids = std::as_writable_bytes(std::span(known.ids));
  if (bytes.size() != sizeof(head) + ids.size())
    fail(Exit::input, "{}: has not the ids of {} pictures", file.string(), known.ids.size());
  std::memcpy(head, bytes.data(), sizeof(head));
  std::memcpy(ids.data(), bytes.data() + sizeof(head), ids.size());
  if (xxh64(ids) != head[1]) fail(Exit::input, "{}: is not what was written", file.string());
  known.measured_on = static_cast<int64_t>(head[0]);
}

KnownGraph read(const Store& store, int64_t number) {
  KnownGraph out{graph::Graph::load(file_of(store, number, "graph")), {}, 0};
  read_ids(file_of(store, number, "ids"), out);
  return out;
}

Vectors vectors_after(const Store& store, int64_t after) {
  Vectors out;
  for (;;) {
    const Vectors page = store.vectors(after, kPage);
    if (page.ids.empty()) return out;
    after = page.ids.back();
    out.ids.insert(out.ids.end(), page.ids.begin(), page.ids.end());
    out.values.insert(out.values.end(), page.values.begin(), page.values.end());
  }
}

/// Rows of pictures that are not there any more.
std::vector<int64_t> rows_gone(const std::vector<int64_t>& there, const KnownGraph& known) {
  std::vector<int64_t> out;
  for (size_t row = 0; row < known.ids.size(); ++row) {
    if (!std::ranges::binary_search(there, known.ids[row]))
      out.push_back(static_cast<int64_t>(row));
  }
  return out;
}

void keep(const Store& store, const KnownGraph& known, int64_t before) {
  const int64_t number = before + 1;
  known.graph.save(file_of(store, number, "graph"));
  write_ids(file_of(store, number, "ids"), known);
  write_atomically(pointer(store), nlohmann::json{{"number", number}}.dump());
  std::error_code ignored;
  for (const char* extension : {"graph", "ids"})
    fs::remove(file_of(store, before, extension), ignored);
}

index::Matrix matrix_of(const Vectors& vectors, int64_t dim) {
  return {vectors.values.data(), static_cast<int64_t>(vectors.ids.size()), dim};
}

std::optional<KnownGraph> old_graph(const Store& store, int64_t number) {
  if (number < 0) return std::nullopt;
  try {
    KnownGraph known = read(store, number);
    const auto gone = rows_gone(store.ids({}), known);
    if (gone.size() * 4 > known.ids.size()) return std::nullopt;  // mostly holes: make it anew
    known.graph.remove(gone);
    return known;
  } catch (const Error& error) {
    log_warning("{}; the graph is made anew", error.what());
    return std::nullopt;
  }
}

}  // namespace

std::shared_ptr<const KnownGraph> open_graph(const Store& store,
                                             const std::vector<int64_t>& there) {
  const int64_t number = current(store);
  if (number < 0) return nullptr;
  try {
    auto known = std::make_shared<KnownGraph>(read(store, number));
    known->graph.remove(rows_gone(there, *known));
    return known;
  } catch (const Error& error) {
    log_warning("{}; every picture is compared until `index compact` makes it anew", error.what());
    return nullptr;
  }
}

bool update_graph(const Store& store, size_t threads, int64_t from) {
  if (store.scratch().empty() || store.count() < from) return false;
  const int64_t number = current(store), dim = store.settings().dim;
  std::optional<KnownGraph> known = old_graph(store, number);
  const Vectors fresh = vectors_after(store, known && !known->ids.empty() ? known->ids.back() : 0);
  const auto rows = static_cast<int64_t>(fresh.ids.size());
  if (known && rows < std::max(kFewest, known->graph.rows() / 8)) return false;
  log_info("graph of neighbours: {} pictures {}", rows, known ? "more" : "to link");
  if (known)
    known->graph.add(matrix_of(fresh, dim), threads);
  else
    known = KnownGraph{graph::Graph::build(matrix_of(fresh, dim), {.threads = threads}), {}, 0};
  known->ids.insert(known->ids.end(), fresh.ids.begin(), fresh.ids.end());
  const graph::Recall recall = known->graph.tune({.threads = threads});
  known->measured_on = recall.sample;
  log_info("recall@10 {:.3f}, measured on {} pictures", recall.recall, recall.sample);
  keep(store, *known, number);
  return true;
}

}  // namespace troodon::collection
