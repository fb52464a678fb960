#include "graph/graph.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "base/half.hpp"
#include "base/parallel.hpp"
#include "graph/body.hpp"
#include "graph/search.hpp"

namespace troodon::graph {

float Body::product(const float* query, uint32_t row) const {
  const size_t at = static_cast<size_t>(row) * dim();
  return options.originals == Originals::full
             ? kernels().full_product(
                   query, reinterpret_cast<const float*>(originals.data()) + at, dim())
             : kernels().half_product(
                   query, reinterpret_cast<const uint16_t*>(originals.data()) + at, dim());
}

void read_rows(const Body& body, int64_t first, int64_t count, float* out) {
  const int64_t at = first * body.dim(), n = count * body.dim();
  if (body.options.originals == Originals::full) {
    std::copy_n(reinterpret_cast<const float*>(body.originals.data()) + at, n, out);
  } else if (body.options.originals == Originals::half) {
    const auto* halves = reinterpret_cast<const uint16_t*>(body.originals.data()) + at;
    from_halves({halves, static_cast<size_t>(n)}, out);
  } else {
    for (int64_t i = 0; i < count; ++i)
      body.coder.widen(body.codes.data() + (first + i) * body.stride(), out + i * body.dim());
  }
}

Graph::Graph(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

Graph Graph::build(const index::Matrix& rows, const GraphOptions& options) {
  if (rows.dim < 1 || rows.dim > kWidest)
    fail(Exit::input, "vectors of width {}: a graph takes 1 to {}", rows.dim, kWidest);
  if (options.degree < kLeastDegree || options.degree > kMostDegree || options.width < 1)
    fail(Exit::config,
         "a graph's degree is {} to {}, its width at least 1",
         kLeastDegree,
         kMostDegree);
  auto body = std::make_unique<Body>(rows.dim, options);
  insert(*body, rows, options.threads);
  return Graph(std::move(body));
}

Graph Graph::open(const fs::path& file) {
  return Graph(read_body(file, Residence::mapped));
}

Graph Graph::load(const fs::path& file) {
  return Graph(read_body(file, Residence::memory));
}

void Graph::save(const fs::path& file) const {
  write_body(*body_, file);
}

void Graph::add(const index::Matrix& rows, size_t threads) {
  insert(*body_, rows, threads);
  body_->file.reset();
}

void Graph::remove(std::span<const int64_t> rows) {
  for (const int64_t row : rows)
    if (row < 0 || row >= body_->rows)
      fail(Exit::input, "row {} is not among the graph's {}", row, body_->rows);
  body_->removed.resize(body_->removed.size());  // no longer the file's
  for (const int64_t row : rows) {
    if (body_->is_removed(static_cast<uint32_t>(row))) continue;
    body_->removed.own()[row / 64] |= uint64_t{1} << (row % 64);
    ++body_->removed_count;
  }
}

index::Neighbours Graph::search(const index::Matrix& queries, const SearchOptions& options) const {
  if (queries.dim != dim())
    fail(Exit::input, "queries have width {}, the graph's rows {}", queries.dim, dim());
  index::Neighbours out{.k = std::max<int64_t>(options.k, 0)};
  out.index.resize(queries.rows * out.k);
  out.score.resize(out.index.size());
  if (out.k == 0) return out;
  const Search search(*body_, options);
  parallel_for(
      queries.rows,
      [&](size_t q) {
        search.run(queries.row(q), {out.index.data() + q * out.k, out.score.data() + q * out.k});
      },
      options.threads);
  return out;
}

int64_t Graph::rows() const {
  return body_->rows;
}
int64_t Graph::dim() const {
  return body_->dim();
}
int64_t Graph::removed() const {
  return body_->removed_count;
}
bool Graph::is_removed(int64_t row) const {
  return body_->is_removed(static_cast<uint32_t>(row));
}
int64_t Graph::width() const {
  return body_->width;
}
double Graph::tuned_recall() const {
  return body_->recall;
}
const GraphOptions& Graph::options() const {
  return body_->options;
}
int64_t Graph::bytes() const {
  const Body& b = *body_;
  return static_cast<int64_t>(b.codes.bytes().size() + b.links.bytes().size() +
                              b.top.bytes().size() + b.upper_at.bytes().size() +
                              b.upper.bytes().size() + b.originals.size() +
                              b.removed.bytes().size());
}

}  // namespace troodon::graph
