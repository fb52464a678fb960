// How well a network with a depth head measures pictures whose depth is known: as it says, and
// scaled by the median of each picture; beside a wall at the median distance of all pictures.
//   bench_depth_head --data DIR [--split val] [--group GROUP] [--model small] [--head depth]
#include <cmath>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/error.hpp"
#include "data/images.hpp"
#include "datasets/depth.hpp"
#include "depth/estimator.hpp"
#include "metrics/depth.hpp"

namespace {

using namespace troodon;

struct Args {
  fs::path data;
  datasets::DepthSelection selection;
  depth::EstimatorOptions estimator;
  double most = 10;
};

/// Of those measured, below `most`.
double median(std::vector<double> values, double most) {
  std::erase_if(values, [&](double value) { return !(value > 0 && value < most); });
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The median of what is said where something is known.
double median_said(const std::vector<double>& said, const std::vector<double>& truth, double most) {
  std::vector<double> out;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] > 0 && truth[i] < most) out.push_back(said[i]);
  }
  return median(std::move(out), INFINITY);
}

struct Measured {
  int width = 0, height = 0;
  std::vector<double> truth, said;
};

void print(const char* what, const std::vector<metrics::DepthScores>& scores) {
  const auto mean = metrics::mean_of(scores);
  std::printf("| %s | %.3f | %.3f | %.3f |\n", what, mean.rmse, mean.abs_rel, mean.a1);
}

void run(const Args& args) {
  depth::Estimator estimator(args.estimator);
  std::vector<Measured> pictures;
  std::vector<double> medians;
  for (const auto& item : datasets::open_depth(args.data, args.selection).items) {
    const auto picture = data::read_picture(item.picture);
    if (!picture) fail(Exit::input, "{}", picture.reason());
    const depth::Map map = estimator.of(*picture);
    pictures.push_back({map.width,
                        map.height,
                        datasets::read_depth(item, map.width, map.height),
                        {map.metres.begin(), map.metres.end()}});
    medians.push_back(median(pictures.back().truth, args.most));
  }
  const double wall = median(medians, INFINITY);
  std::vector<metrics::DepthScores> flat, flat_scaled, as_said, scaled;
  const metrics::DepthOptions judged{.range = {.max = args.most}};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const Measured& m = pictures[i];
    const auto score = [&](const std::vector<double>& said, double factor) {
      std::vector<double> metres = said;
      for (double& value : metres) value *= factor;
      return metrics::depth_scores(metres, m.truth, m.height, m.width, judged);
    };
    const std::vector<double> one(m.truth.size(), 1.0);
    flat.push_back(score(one, wall));
    flat_scaled.push_back(score(one, medians[i]));
    as_said.push_back(score(m.said, 1));
    scaled.push_back(score(m.said, medians[i] / median_said(m.said, m.truth, args.most)));
  }
  std::printf("%zu pictures, %s\n\n| | RMSE (m) | AbsRel | a1 |\n| --- | --- | --- | --- |\n",
              pictures.size(),
              estimator.description().c_str());
  print("a wall at the median of all", flat);
  print("as it says", as_said);
  print("a wall at each picture's median", flat_scaled);
  print("scaled to each picture's median", scaled);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How well a depth head measures.");
  Args args;
  app.add_option("--data", args.data, "a folder with depth.csv, or of the small world")->required();
  app.add_option("--split", args.selection.split);
  app.add_option("--group", args.selection.group);
  app.add_option("--model", args.estimator.model);
  app.add_option("--head", args.estimator.head);
  app.add_option("--size", args.estimator.predictor.size);
  app.add_option("--max-depth", args.most, "metres beyond which nothing counts");
  CLI11_PARSE(app, argc, argv);
  try {
    run(args);
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
