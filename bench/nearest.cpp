#include "index/nearest.hpp"

#include <fmt/format.h>

#include "base/tensor_file.hpp"
#include "bench.hpp"

// Exact nearest neighbours of the vectors in a .npy file among themselves; bench/peers/nearest.py
// measures Faiss on the same file.
int main(int argc, char** argv) {
  using namespace troodon;
  std::string file;
  int64_t queries = 0;
  int rounds = 3;
  index::NearestOptions options{.k = 20};
  CLI::App app("time of the exact search for nearest neighbours");
  app.add_option("vectors", file, "float32 vectors, .npy [rows, dim]")->required();
  app.add_option("--queries", queries, "the first rows that ask; 0: all");
  app.add_option("--k", options.k);
  app.add_option("--threads", options.threads, "0: all cores");
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);

  const NpyFile npy = read_npy(file);
  const index::Matrix base{npy.view.as<float>().data(), npy.view.shape.at(0), npy.view.shape.at(1)};
  const index::Matrix some{base.data, queries > 0 ? queries : base.rows, base.dim};
  std::vector<double> samples;
  double last = 0;
  for (int round = 0; round < rounds; ++round) {
    index::Neighbours found;
    samples.push_back(1e3 * bench::seconds_of([&] { found = nearest(some, base, options); }));
    last = 0;
    for (int64_t q = 0; q < some.rows; ++q) last += found.score_of(q).back();
  }
  bench::print_samples(fmt::format("nearest (mean score of the last one {:.6f})",
                                   last / static_cast<double>(some.rows)),
                       "ms",
                       samples);
}
