#include <fmt/format.h>

#include "base/tensor_file.hpp"
#include "bench.hpp"
#include "curate/graph.hpp"
#include "index/kmeans.hpp"

// k-means and the similarity graph of the vectors in a .npy file; bench/peers/curation.py measures
// scikit-learn and Faiss on the same file, from the same initial centroids.
int main(int argc, char** argv) {
  using namespace troodon;
  std::string file, what = "kmeans";
  index::KmeansOptions kmeans{.clusters = 500, .iterations = 10, .init = index::KmeansInit::random};
  curate::GraphOptions graph;
  int rounds = 3;
  CLI::App app("time of k-means and of the similarity graph");
  app.add_option("vectors", file, "float32 vectors, .npy [rows, dim]")->required();
  app.add_option("--what", what)->check(CLI::IsMember({"kmeans", "seeds", "graph", "buckets"}));
  app.add_option("--clusters", kmeans.clusters);
  app.add_option("--iterations", kmeans.iterations);
  app.add_option("--threshold", graph.threshold);
  app.add_option("--threads", kmeans.threads, "0: all cores");
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);
  graph.threads = kmeans.threads;

  const NpyFile npy = read_npy(file);
  const index::Matrix rows{npy.view.as<float>().data(), npy.view.shape.at(0), npy.view.shape.at(1)};
  // The first rows: what the peers start from too.
  const index::Matrix initial{rows.data, std::min(kmeans.clusters, rows.rows), rows.dim};
  std::vector<double> samples;
  std::string result;
  for (int round = 0; round < rounds; ++round) {
    samples.push_back(bench::seconds_of([&] {
      if (what == "kmeans") {
        result = fmt::format("inertia {:.6g}", kmeans_from(rows, initial, kmeans).inertia);
      } else if (what == "seeds") {
        kmeans.init = index::KmeansInit::plus_plus;
        result = fmt::format("{} seeds", kmeans_seeds(rows, kmeans).size());
      } else {
        const auto found = what == "graph" ? exact_graph(index::rows_of(rows), graph)
                                           : bucketed_graph(index::rows_of(rows), graph);
        result = fmt::format("{} edges, recall {:.4f}", found.edges.size(), found.recall);
      }
    }));
  }
  bench::print_samples(fmt::format("{} ({})", what, result), "s", samples);
}
