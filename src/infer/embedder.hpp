#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "image/pixels.hpp"

namespace troodon::infer {

/// What a picture becomes. B pictures, N patches, D width, n layers.
enum class Output {
  cls,      ///< x_norm_clstoken, [B,D]
  pooled,   ///< class token and mean patch token, [B,2D]
  patches,  ///< x_norm_patchtokens, row-major over the grid, [B,N,D]
  layers,   ///< class tokens of the last n blocks, normed, ascending, [B,n,D]
};

/// How a picture of any shape meets the network's size.
enum class Fit {
  crop,     ///< short side to 256/224 of the size, then the centre: the official evaluation
  pad,      ///< long side to the size, the rest filled with the mean colour: nothing is lost
  stretch,  ///< both sides to the size, whatever the aspect
};

struct EmbedOptions {
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  int64_t size = 0;             ///< pixels, a multiple of the patch; 0: what the model's file says,
                                ///< else 224 or the training size
  Fit fit = Fit::crop;
  Output output = Output::cls;
  int64_t layers = 4;  ///< for Output::layers
};

/// A frozen backbone: pictures in, features out. Float32, no gradient.
class Embedder {
 public:
  /// `model`: a checkpoint of any official dialect, or a run's folder. Throws Error.
  Embedder(const fs::path& model, const EmbedOptions& options = {});
  ~Embedder();
  Embedder(Embedder&&) noexcept;

  /// Resizes and crops to size() x size(). Safe from any thread.
  image::Image prepare(const image::Image& picture) const;
  /// Features of prepared pictures, one after another: [B, item_shape()...]. Not reentrant.
  std::vector<float> embed(std::span<const image::Image> prepared);

  int64_t size() const;                     ///< pixels
  int64_t patch_size() const;               ///< pixels
  std::vector<int64_t> item_shape() const;  ///< of one picture's features
  std::string description() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// The checkpoint that `model` stands for: itself (a file, a Hugging Face folder), teacher.safetensors
/// of a run's folder, or, where no such path exists, the released model of that name if it lies in a
/// cache (zoo/cache.hpp). Never downloads. Throws Error (exit 4) that says how to get it.
fs::path model_file(const fs::path& model);

}  // namespace troodon::infer
