// Logistic regression on frozen features: seconds of one fit from nothing, and the objective it
// reaches, which bench/logistic.py compares with scikit-learn's on the same features.
#include "heads/logistic.hpp"

#include <ctime>

#include "bench.hpp"
#include "kernels/backend.hpp"
#include "model/checkpoint.hpp"

using namespace troodon;

int main(int argc, char** argv) {
  kernels::prepare_process(argv);
  std::string features;
  int threads = 2, rounds = 3;
  double c = 1;
  heads::LogisticOptions options;
  CLI::App app("Times a logistic regression.");
  app.add_option("features", features, "safetensors with x [n,D] and y [n]")->required();
  app.add_option("--threads", threads), app.add_option("--rounds", rounds);
  app.add_option("--c", c), app.add_option("--tolerance", options.tolerance);
  CLI11_PARSE(app, argc, argv);
  kernels::use_threads(threads);
  const model::StateDict file = model::read_checkpoint(features);
  const heads::Labelled data{.features = *file.find("x"), .labels = *file.find("y")};
  const int64_t classes = heads::classes_of(data.labels);
  heads::LogisticModel model;
  std::vector<double> seconds, cpu;
  for (int round = 0; round < rounds; ++round) {
    const std::clock_t start = std::clock();
    seconds.push_back(
        bench::seconds_of([&] { model = heads::fit_logistic(data, classes, c, options); }));
    cpu.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  fmt::print("{}\n",
             nlohmann::ordered_json{{"what", "logistic regression"},
                                    {"unit", "s"},
                                    {"samples", seconds},
                                    {"cpu", cpu},
                                    {"evaluations", model.iterations},
                                    {"converged", model.converged},
                                    {"objective", heads::logistic_objective(model, data)}}
                 .dump());
}
