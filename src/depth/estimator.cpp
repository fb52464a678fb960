#include "depth/estimator.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "kernels/backend.hpp"

namespace troodon::depth {
namespace {

constexpr int kLegendSteps = 8;

std::vector<float> known_ones(const Map& map) {
  std::vector<float> out;
  out.reserve(map.metres.size());
  for (const float metres : map.metres) {
    if (metres > 0) out.push_back(metres);
  }
  return out;
}

float at_share(std::vector<float>& values, double share) {
  const auto place = static_cast<ptrdiff_t>(std::lround(share * (values.size() - 1.0)));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<size_t>(place)];
}

/// The colour of one depth, by the one place that knows colours.
std::string colour_of(float metres, const exports::DepthRange& range) {
  const image::Image pixel = exports::depth_picture({1, 1, {&metres, 1}}, range);
  return fmt::format("#{:02x}{:02x}{:02x}", pixel.pixels[0], pixel.pixels[1], pixel.pixels[2]);
}

}  // namespace

struct Estimator::Body {
  infer::Predictor predictor;
  std::string head;
  int threads;
};

Estimator::Estimator(const EstimatorOptions& options)
    : body_(std::make_unique<Body>(
          Body{infer::Predictor(options.model, {options.head}, options.predictor),
               options.head.string(),
               static_cast<int>(options.predictor.threads)})) {
  if (body_->predictor.task(0) != infer::Task::depth) {
    fail(Exit::input,
         "{}: this head says no depth; name one that `troodon head train depth` made, or `depth`",
         options.head.string());
  }
}
Estimator::~Estimator() = default;
Estimator::Estimator(Estimator&&) noexcept = default;

Map Estimator::of(const image::Image& picture) {
  kernels::use_threads(body_->threads);  // counts for the calling thread alone
  auto said = std::get<infer::DepthPrediction>(std::move(body_->predictor.predict(picture).at(0)));
  Map out{said.width, said.height, std::move(said.metres), metric()};
  for (float& metres : out.metres) {
    if (!(std::isfinite(metres) && metres > 0)) metres = 0;
  }
  return out;
}

bool Estimator::metric() const {
  return body_->predictor.metric(0);
}

std::string Estimator::description() const {
  return fmt::format("{}, head {}", body_->predictor.description(), body_->head);
}

exports::DepthRange usual_range(const Map& map, double low) {
  std::vector<float> values = known_ones(map);
  if (values.empty()) return {};
  low = std::clamp(low, 0.0, 0.49);
  const float near = at_share(values, low), far = at_share(values, 1 - low);
  return {near, far};
}

std::string summary_json(const Map& map, const exports::DepthRange& range) {
  nlohmann::ordered_json out = {{"width", map.width},
                                {"height", map.height},
                                {"near", range.near},
                                {"far", range.far},
                                {"unit", map.metric ? "metres" : "relative"},
                                {"legend", nlohmann::ordered_json::array()}};
  for (int i = 0; i <= kLegendSteps && range.near > 0; ++i) {
    const double t = static_cast<double>(i) / kLegendSteps;
    const auto metres = static_cast<float>(range.near * std::pow(range.far / range.near, t));
    out["legend"].push_back({{"metres", metres}, {"colour", colour_of(metres, range)}});
  }
  return out.dump();
}

}  // namespace troodon::depth
