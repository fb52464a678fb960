#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "engine/engine.hpp"
#include "image/pixels.hpp"

namespace troodon::infer {

using engine::Fidelity;
using engine::Output;
using engine::Precision;

/// How a picture of any shape meets the network's size.
enum class Fit {
  crop,     ///< short side to 256/224 of the size, then the centre: the official evaluation
  pad,      ///< long side to the size, the rest filled with the mean colour: nothing is lost
  stretch,  ///< both sides to the size, whatever the aspect
};

/// Who computes.
enum class Backend {
  automatic,  ///< on a CPU the first of native, openvino and torch that can; else torch
  torch,
  openvino,
  native,  ///< our own kernels, on CPUs with AMX
};

struct EmbedOptions {
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  int64_t size = 0;             ///< pixels, a multiple of the patch; 0: what the model's file says,
                                ///< else 224 or the training size
  Fit fit = Fit::crop;
  Output output = Output::cls;
  int64_t layers = 4;           ///< for Output::layers; for probe and blocks at most so many
  std::vector<int64_t> blocks;  ///< for Output::blocks, from 0, ascending; empty: the last `layers`
                                ///< (blocks_and_cls has them chosen)
  bool norm = true;             ///< for Output::blocks: they pass the network's last norm
  Backend backend = Backend::automatic;
  Precision precision = Precision::fp32;
  size_t threads = 0;  ///< that compute; 0: all cores
  bool single =
      false;  ///< pictures come one by one: the shortest wait instead of the most a second
};

/// A frozen backbone: pictures in, float32 features out.
class Embedder {
 public:
  /// `model`: a checkpoint of any official dialect, a run's folder, or a classical baseline's name.
  /// Throws Error.
  Embedder(const fs::path& model, const EmbedOptions& options = {});
  ~Embedder();
  Embedder(Embedder&&) noexcept;

  /// Resizes and crops to size() x size(). Safe from any thread.
  image::Image prepare(const image::Image& picture) const;
  /// Features of pictures of any shapes whose sides are multiples of the patch, one after the other
  /// [item_shape(height, width)...]; those of one shape are seen together where they stand side by
  /// side. Not reentrant. Throws Error.
  std::vector<float> embed(std::span<const image::Image> prepared);
  /// The same, a vector a picture.
  std::vector<std::vector<float>> embed_each(std::span<const image::Image> prepared);

  /// Whether calibrate() is due: below float32, the fidelity is not known yet.
  bool wants_calibration() const;
  /// Says how near the features of a precision below float32 are to float32's, measured on these
  /// pictures: two or more of one shape, like those that will be embedded. Nothing is learnt from
  /// them: the same picture has the same feature whatever was measured.
  Fidelity calibrate(std::span<const image::Image> prepared);

  int64_t size() const;                     ///< pixels
  int64_t patch_size() const;               ///< pixels
  int64_t depth() const;                    ///< blocks; of a classical baseline 1
  std::vector<int64_t> item_shape() const;  ///< of one picture's features at size() x size()
  std::vector<int64_t> item_shape(int64_t height, int64_t width) const;  ///< in pixels
  std::string description() const;
  /// How the features are computed, for their file: "backend", "precision" and, once calibrated,
  /// "calibration_pictures", "mean_cosine" and "smallest_cosine" to float32.
  std::map<std::string, std::string> provenance() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// Whether the model is a classical baseline: its name (engine/classical_engine.hpp), and no file
/// of that name.
bool is_classical(const fs::path& model);

/// Who computes under these options on this machine: "native", "openvino", "torch cpu" or "torch
/// cuda". Throws Error where they cannot.
std::string computed_by(const EmbedOptions& options);

/// What comes with Troodon: the networks "small" (for features) and "copies" (knows copies), the
/// head "depth" on "small" (see models/README.md); beside the program or in its prefix; "" if there
/// is none of that name.
fs::path shipped_file(const std::string& name);

/// The checkpoint that `model` stands for: itself (a file, a Hugging Face folder, a classical
/// name), teacher.safetensors of a run's folder, or, where no such path exists, what is shipped
/// under that name or the released model of that name if it lies in a cache (zoo/cache.hpp). Never
/// downloads. Throws Error (exit 4) that says how to get it.
fs::path model_file(const fs::path& model);

}  // namespace troodon::infer
