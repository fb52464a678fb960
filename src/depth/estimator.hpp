#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exports/depth.hpp"
#include "infer/predictor.hpp"

namespace troodon::depth {

/// How far away each pixel of a picture is. Values are positive and finite; 0: not known.
struct Map {
  int width = 0, height = 0;
  std::vector<float> metres;  ///< [height, width], along the line of sight of the picture's centre
  bool metric = true;  ///< else they are right up to a factor: nobody knows how long a unit is

  exports::Depth view() const { return {width, height, metres}; }
};

struct EstimatorOptions {
  fs::path model = "small";  ///< as infer::model_file takes it
  fs::path head = "depth";   ///< a head's file, a released head's name, or the shipped "depth"
  infer::PredictorOptions predictor;
};

/// A frozen network with a depth head on it.
class Estimator {
 public:
  /// Throws Error (Exit::input) where the head isn't one for depth or doesn't fit the network.
  explicit Estimator(const EstimatorOptions& options = {});
  ~Estimator();
  Estimator(Estimator&&) noexcept;

  /// At the picture's own size. Not reentrant.
  Map of(const image::Image& picture);

  bool metric() const;              ///< whether the head says metres of pictures of any kind
  std::string description() const;  ///< network and head, in words

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// Where colours and clouds begin and end: the shares `low` and 1 - `low` of the known depths, so
/// that few stray pixels don't take the whole ramp. Both 0 where nothing is known.
exports::DepthRange usual_range(const Map& map, double low = 0.01);

/// {"width", "height", "near", "far", "unit", "legend": [{"metres", "colour"}]} of docs/http.md.
std::string summary_json(const Map& map, const exports::DepthRange& range);

}  // namespace troodon::depth
