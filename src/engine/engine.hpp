#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "image/pixels.hpp"

namespace troodon::engine {

/// What a picture becomes. B pictures, N patches, D width, n layers.
enum class Output {
  cls,             ///< x_norm_clstoken, [B,D]
  pooled,          ///< class token and mean patch token, [B,2D]
  patches,         ///< x_norm_patchtokens, row-major over the grid, [B,N,D]
  layers,          ///< class tokens of the last n blocks, normed, ascending, [B,n,D]
  probe,           ///< those, then the mean patch token: what official linear heads take, [B,n+1,D]
  blocks,          ///< all tokens of chosen blocks: class token, then patches, [B,n,1+N,D]
  blocks_and_cls,  ///< those one after the other, then x_norm_clstoken, [B,n(1+N)+1,D]: the last
                   ///< block is cheap unless it is chosen
};

/// In what numbers the network computes. Features are float32 always.
enum class Precision {
  fp32,
  bf16,  ///< matrix products of bfloat16; the CPU must have them
  int8,  ///< linear layers with 8-bit weights and integers for activations; the rest float32
};

struct EngineOptions {
  std::string device = "cpu";  ///< cpu, cuda, cuda:N
  Output output = Output::cls;
  int64_t layers = 4;           ///< for Output::layers and probe
  std::vector<int64_t> blocks;  ///< for Output::blocks, from 0, ascending; empty: the last `layers`
                                ///< (blocks_and_cls has them chosen)
  bool norm = true;             ///< for Output::blocks: they pass the network's last norm
  Precision precision = Precision::fp32;
  size_t threads = 0;   ///< that compute; 0: all cores
  bool single = false;  ///< pictures come one by one: all threads work on each (shortest wait)
                        ///< instead of each thread on its own (most pictures a second)
};

/// How like the float32 features those of a lower precision are.
struct Fidelity {
  size_t pictures = 0;  ///< on which it was measured; 0: it was not
  double mean_cosine = 1;
  double smallest_cosine = 1;
};

/// A frozen network on one device: prepared pictures in, features out.
class Engine {
 public:
  virtual ~Engine() = default;

  /// `pictures`: sides are multiples of the patch; those of one shape stand best side by side.
  /// `out` takes their features one after the other: of B pictures of one shape [B, item...]. Not
  /// reentrant. Throws Error.
  virtual void run(std::span<const image::Image> pictures, float* out) = 0;

  /// Below float32: compares the features of these pictures with float32's. No precision here
  /// learns anything from pictures, so none is seen twice: activations are scaled row by row.
  /// Pictures are as for run(); at least two. For float32 there is nothing to do.
  virtual Fidelity calibrate(std::span<const image::Image> pictures) = 0;

  /// Of one picture's features; sides in pixels.
  virtual std::vector<int64_t> item_shape(int64_t height, int64_t width) const = 0;

  /// "LibTorch 2.13.0", "OpenVINO 2026.4.1".
  virtual std::string name() const = 0;
};

/// Of one picture's features: those of a network of width `dim` for a picture of so many patches.
std::vector<int64_t> item_shape(const EngineOptions& options, int64_t dim, int64_t patches);
/// Whether of the last block, of so many, only the class token is wanted.
bool ends_with_class(const EngineOptions& options, int64_t depth);
/// The blocks that Output::layers, probe and blocks look at, of a network of so many; ascending.
std::vector<int64_t> chosen_blocks(const EngineOptions& options, int64_t depth);
/// Floats of one picture's features.
size_t item_size(const EngineOptions& options, int64_t dim, int64_t patches);

/// Neighbours of one shape among pictures: which they are, and where their features start.
struct Run {
  size_t first = 0, count = 0;
  size_t at = 0;  ///< floats before them
};

/// Cuts pictures into runs of one shape of at most so many; item_size(picture): its floats.
template <class ItemSize>
std::vector<Run> runs_of(std::span<const image::Image> pictures, size_t most, ItemSize item_size) {
  std::vector<Run> out;
  size_t at = 0;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const bool same = !out.empty() && out.back().count < most &&
                      pictures[i].width == pictures[i - 1].width &&
                      pictures[i].height == pictures[i - 1].height;
    if (same)
      ++out.back().count;
    else
      out.push_back({i, 1, at});
    at += item_size(pictures[i]);
  }
  return out;
}

/// Mean and smallest cosine between rows of `width` floats.
Fidelity compare_rows(std::span<const float> exact, std::span<const float> rough, size_t width);

}  // namespace troodon::engine
