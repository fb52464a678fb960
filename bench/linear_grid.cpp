// The official grid of linear heads against one head, on cached probe features: what training 52
// heads costs more than training the largest of them alone.
#include "heads/linear_grid.hpp"

#include <torch/types.h>

#include "bench.hpp"
#include "kernels/backend.hpp"

using namespace troodon;

int main(int argc, char** argv) {
  kernels::prepare_process(argv);
  int threads = 2, rounds = 5;
  int64_t rows = 10000, width = 384, classes = 10;
  CLI::App app("Times the grid of linear heads.");
  app.add_option("--threads", threads), app.add_option("--rounds", rounds);
  app.add_option("--rows", rows), app.add_option("--width", width);
  app.add_option("--classes", classes);
  CLI11_PARSE(app, argc, argv);
  kernels::use_threads(threads);
  const heads::Labelled data{.features = torch::randn({rows, 5, width}),
                             .labels = torch::arange(rows) % classes};
  heads::GridOptions all, one;
  one.rates = {1e-2}, one.blocks = {4}, one.avgpool = {true};
  std::vector<double> grid, head;
  for (int round = 0; round < rounds; ++round) {
    grid.push_back(bench::seconds_of([&] { heads::train_linear_grid(data, classes, all); }));
    head.push_back(bench::seconds_of([&] { heads::train_linear_grid(data, classes, one); }));
  }
  fmt::print(
      "{}\n{} rows, width {}, {} classes, {} epochs: 52 heads {:.2f} s, one {:.2f} s, {:.1f}x; "
      "medians of {} in turns\n",
      kernels::description(),
      rows,
      width,
      classes,
      all.epochs,
      bench::median(grid),
      bench::median(head),
      bench::median(grid) / bench::median(head),
      rounds);
}
