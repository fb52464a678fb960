#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "troodon/embedder.hpp"
#include "troodon/export.hpp"

namespace troodon {

struct ClassPrediction {
  std::vector<std::string> classes;  ///< names, or "class 0", ...
  std::vector<float> probabilities;  ///< one each, sum 1
};

struct MaskPrediction {
  int width = 0, height = 0;  ///< the picture's
  std::vector<std::string> classes;
  std::vector<std::int32_t> labels;  ///< [height, width], numbers of classes
  std::vector<float> confidence;     ///< likewise, probability of that class; empty: not asked for
};

struct DepthPrediction {
  int width = 0, height = 0;  ///< the picture's
  std::vector<float> metres;  ///< [height, width]
};

using Prediction = std::variant<ClassPrediction, MaskPrediction, DepthPrediction>;

struct PredictorOptions {
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  Backend backend = Backend::automatic;
  Precision precision = Precision::fp32;
  int threads = 0;        ///< 0: all cores; holds for LibTorch in the whole process
  std::int64_t size = 0;  ///< short side, pixels; 0: what the head was trained at, else the model's
  std::int64_t window = 0;  ///< masks and depth: side of sliding windows, pixels; 0: none. Without
                            ///< `size` they slide over the picture at its own resolution
  std::int64_t stride = 0;  ///< of the windows; 0: two thirds of one
  bool flip = false;        ///< depth: the mean with what the mirrored picture gives
  bool confidence = false;  ///< masks
};

/// A frozen backbone with heads on it: pictures in, what the heads say out. Heads that look at the
/// same pixels share one pass of the backbone. One object may be used from several threads.
class TROODON_API Predictor {
 public:
  /// `heads`: files that `troodon head train` or the official code wrote. Throws Error (exit 4)
  /// where a head is for a network of another shape.
  Predictor(const std::filesystem::path& model,
            const std::vector<std::filesystem::path>& heads,
            const PredictorOptions& options = {});
  ~Predictor();
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  /// One prediction a head, in their order. Throws Error (exit 4) if the picture cannot be read.
  std::vector<Prediction> predict(const Picture& picture);

  std::string description() const;  ///< the backbone, in words

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

struct PredictPicturesOptions {
  std::filesystem::path model;
  std::vector<std::filesystem::path> heads;
  std::string
      input;  ///< folder, list, manifest, shards or picture, as `troodon head predict` has it
  std::filesystem::path out;  ///< a folder
  /// Of masks: png, overlay, coco, yolo, voc. Of depth: color, png16, npy, ply. Empty: the first
  /// two of each. Classes become predictions.csv always.
  std::vector<std::string> formats;
  PredictorOptions predictor;
  std::optional<std::array<double, 4>> intrinsics;  ///< fx, fy, cx, cy, pixels; for ply
  double field_of_view = 60;  ///< degrees, horizontally, where intrinsics aren't given
  bool overwrite = false;     ///< compute everything anew
  bool strict = false;        ///< the first unreadable picture ends it
  bool progress = false;      ///< a progress line on stderr
};

struct PredictPicturesResult {
  std::int64_t pictures = 0;
  std::int64_t computed = 0;                     ///< in this call
  std::int64_t kept = 0;                         ///< there already
  std::vector<std::string> written;              ///< below `out`: folders and files
  std::map<std::string, std::string> bad_files;  ///< path -> reason
  bool interrupted = false;                      ///< repeating the call goes on
};

/// What heads say about a source's pictures, as files that other programs open: the verb `troodon
/// head predict`. Throws Error.
TROODON_API PredictPicturesResult predict_pictures(const PredictPicturesOptions& options);

}  // namespace troodon
