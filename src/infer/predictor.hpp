#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/file.hpp"
#include "image/pixels.hpp"
#include "infer/embedder.hpp"

namespace troodon::infer {

struct ClassPrediction {
  std::vector<std::string> classes;  ///< names, or "class 0", ...
  std::vector<float> probabilities;  ///< one each, sum 1
};

struct MaskPrediction {
  int width = 0, height = 0;  ///< the picture's
  std::vector<std::string> classes;
  std::vector<int32_t> labels;    ///< [height, width]
  std::vector<float> confidence;  ///< likewise, probability of that class; empty: not asked for
};

struct DepthPrediction {
  int width = 0, height = 0;  ///< the picture's
  std::vector<float> metres;  ///< [height, width]
};

using Prediction = std::variant<ClassPrediction, MaskPrediction, DepthPrediction>;

enum class Task { classes, masks, depth };

struct PredictorOptions {
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  Backend backend = Backend::automatic;
  Precision precision = Precision::fp32;
  size_t threads = 0;  ///< 0: all cores
  int64_t size = 0;    ///< short side, pixels; 0: what the head was trained at, else the model's
                       ///< (masks and depth by networks of patch 14: 518)
  int64_t window = 0;  ///< masks and depth: side of sliding windows, pixels; 0: none. Without
                       ///< `size` they slide over the picture at its own resolution
  int64_t stride = 0;  ///< of the windows; 0: two thirds of one
  bool flip = false;   ///< depth: the mean with what the mirrored picture gives
  bool confidence = false;  ///< masks
};

/// A frozen backbone with heads on it: pictures in, what the heads say out. Heads that look at the
/// same pixels share one pass of the backbone, whatever blocks they want and whether normed.
class Predictor {
 public:
  /// `model`, `heads`: as model_file and heads::read_head take them. Throws Error (Exit::input)
  /// where a head is made for a network of another width or depth; another network of the same
  /// shape is a warning.
  Predictor(const fs::path& model,
            const std::vector<fs::path>& heads,
            const PredictorOptions& options = {});
  ~Predictor();
  Predictor(Predictor&&) noexcept;

  /// One prediction a head, in their order. Class heads see the centre (the official evaluation);
  /// masks and depth see the whole picture in its own aspect (Resize::fit). Not reentrant. Throws
  /// Error (Exit::input) when features aren't finite.
  std::vector<Prediction> predict(const image::Image& picture);

  size_t count() const;  ///< heads
  Task task(size_t head) const;
  const std::vector<std::string>& classes(size_t head) const;  ///< names; of depth none
  bool metric(size_t head) const;   ///< depth: metres; else right up to a factor
  std::string description() const;  ///< the backbone, in words
  /// All that predictions depend on besides the picture, as JSON text.
  std::string settings() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// A head's file in words: its card as indented JSON. Throws Error.
std::string describe_head(const fs::path& head);

}  // namespace troodon::infer
