#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "troodon/export.hpp"
#include "troodon/picture.hpp"

namespace troodon {

/// What a picture becomes. N patches, D width, n layers.
enum class Output {
  cls,      ///< class token, [D]
  pooled,   ///< class token and mean patch token, [2D]
  patches,  ///< patch tokens, row-major over the grid, [N,D]
  layers,   ///< class tokens of the last n blocks, ascending, [n,D]
  probe,    ///< those, then the mean patch token, [n+1,D]
};

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

/// In what numbers the network computes. Features are float32 always.
enum class Precision {
  fp32,
  bf16,
  int8,  ///< wants Embedder::calibrate first
};

struct EmbedOptions {
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  std::int64_t size = 0;        ///< pixels, a multiple of the patch; 0: what the model's file says
  Fit fit = Fit::crop;
  Output output = Output::cls;
  std::int64_t layers = 4;  ///< for Output::layers and probe
  Backend backend = Backend::automatic;
  Precision precision = Precision::fp32;
  int threads = 0;      ///< 0: all cores; holds for LibTorch in the whole process
  bool single = false;  ///< pictures come one by one: the shortest wait for each
};

/// How like the float32 features those of a lower precision are.
struct Fidelity {
  std::size_t pictures = 0;  ///< on which it was measured
  double mean_cosine = 1;
  double smallest_cosine = 1;
};

/// A frozen backbone: pictures in, features out. One object may be used from several threads.
class TROODON_API Embedder {
 public:
  /// `model`: a checkpoint of any dialect, a run's folder or a Hugging Face folder. Throws Error.
  explicit Embedder(const std::filesystem::path& model, const EmbedOptions& options = {});
  ~Embedder();
  Embedder(Embedder&&) noexcept;
  Embedder& operator=(Embedder&&) noexcept;

  /// Features of one picture: [item_shape()...]. Throws Error (exit 4) if it cannot be read.
  std::vector<float> embed(const Picture& picture);
  /// Features of several, in their order: [B, item_shape()...].
  std::vector<float> embed_batch(std::span<const Picture> pictures);

  /// Gives a precision below float32 the pictures that it needs: two or more, better 64, like those
  /// that will be embedded.
  Fidelity calibrate(std::span<const Picture> pictures);

  std::int64_t size() const;                              ///< pixels that the network sees, squared
  std::int64_t patch_size() const;                        ///< pixels
  std::vector<std::int64_t> item_shape() const;           ///< of one picture's features
  std::string description() const;                        ///< the network, in words
  std::map<std::string, std::string> provenance() const;  ///< backend, precision, fidelity

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon
