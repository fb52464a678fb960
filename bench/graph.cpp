#include "graph/graph.hpp"

#include <ctime>
#include <iostream>
#include <thread>

#include <fmt/format.h>

#include "base/parallel.hpp"
#include "base/tensor_file.hpp"
#include "bench.hpp"

// Approximate neighbours of single queries; bench/peers/graph.py says what the lines on the
// standard input mean, makes the vectors and measures Faiss and USearch on them in the same way.
namespace {

using namespace troodon;

index::Matrix matrix_of(const NpyFile& npy) {
  return {npy.view.as<float>().data(), npy.view.shape.at(0), npy.view.shape.at(1)};
}

struct Measured {
  double recall = 0, seconds = 0, cpu_seconds = 0;
  std::vector<double> times, computing;  ///< of each query, by the clock and by its thread's CPU
};

double process_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Queries one by one, shared among threads that stay.
Measured measure(const graph::Graph& graph,
                 const index::Matrix& queries,
                 std::span<const int64_t> truth,
                 int64_t width,
                 int64_t threads) {
  const int64_t k = static_cast<int64_t>(truth.size()) / queries.rows;
  Measured out{.times = std::vector<double>(queries.rows),
               .computing = std::vector<double>(queries.rows)};
  std::vector<int64_t> hits(queries.rows);
  const double before = process_seconds();
  out.seconds = bench::seconds_of([&] {
    std::vector<std::jthread> workers;
    for (int64_t t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (int64_t q = t; q < queries.rows; q += threads) {
          index::Neighbours found;
          const double started = thread_seconds();
          out.times[q] = bench::seconds_of([&] {
            found = graph.search({queries.row(q), 1, queries.dim}, {.k = k, .width = width});
          });
          out.computing[q] = thread_seconds() - started;
          for (const int64_t row : found.index)
            hits[q] += std::count(truth.begin() + q * k, truth.begin() + (q + 1) * k, row);
        }
      });
    }
  });
  out.cpu_seconds = process_seconds() - before;
  for (const int64_t hit : hits) out.recall += static_cast<double>(hit);
  out.recall /= static_cast<double>(truth.size());
  return out;
}

double quantile(std::vector<double> of, double q) {
  const auto at = of.begin() + static_cast<int64_t>(q * static_cast<double>(of.size() - 1));
  std::nth_element(of.begin(), at, of.end());
  return *at;
}

void answer(const graph::Graph& graph, const fs::path& folder) {
  const NpyFile queries = read_npy(folder / "queries.npy"), truth = read_npy(folder / "truth.npy");
  for (int64_t width = 0, threads = 1; std::cin >> width >> threads;) {
    const Measured m = measure(graph, matrix_of(queries), truth.view.as<int64_t>(), width, threads);
    fmt::print("{}\n",
               nlohmann::ordered_json{
                   {"recall", m.recall},
                   {"queries_per_second", static_cast<double>(m.times.size()) / m.seconds},
                   {"cpu_ms", 1e3 * m.cpu_seconds / static_cast<double>(m.times.size())},
                   {"p50_ms", 1e3 * quantile(m.times, 0.5)},
                   {"p99_ms", 1e3 * quantile(m.times, 0.99)},
                   {"p99_cpu_ms", 1e3 * quantile(m.computing, 0.99)}}
                   .dump());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  fs::path folder, file;
  bool mapped = false;
  graph::GraphOptions options;
  std::string originals = "half";
  CLI::App app("single queries by the graph: recall, rate, latency");
  app.add_option("folder", folder, "base.npy, queries.npy and truth.npy")->required();
  app.add_option("file", file, "the graph's, built if there is none")->required();
  app.add_option("--degree", options.degree);
  app.add_option("--width", options.width, "of the build");
  app.add_option("--threads", options.threads, "of the build; 0: all cores");
  app.add_option("--originals", originals)->check(CLI::IsMember({"none", "half", "full"}));
  app.add_flag("--mapped", mapped, "search the file where it lies");
  CLI11_PARSE(app, argc, argv);
  options.originals = originals == "none"   ? graph::Originals::none
                      : originals == "half" ? graph::Originals::half
                                            : graph::Originals::full;
  double seconds = 0, cpu_seconds = 0;
  if (!fs::exists(file)) {
    const NpyFile base = read_npy(folder / "base.npy");
    cpu_seconds = -process_seconds();
    seconds = bench::seconds_of([&] { graph::Graph::build(matrix_of(base), options).save(file); });
    cpu_seconds += process_seconds();
  }
  const graph::Graph graph = mapped ? graph::Graph::open(file) : graph::Graph::load(file);
  fmt::print("{}\n",
             nlohmann::ordered_json{{"build_seconds", seconds}, {"build_cpu_seconds", cpu_seconds}}
                 .dump());
  std::fflush(stdout);
  answer(graph, folder);
}
