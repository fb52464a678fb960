#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.hpp"

namespace troodon::views {

/// Where masking gets its chance from; tests inject recorded draws here.
class MaskDraws {
 public:
  virtual ~MaskDraws() = default;
  /// Uniform in [0, 1).
  virtual double unit() = 0;
  /// Uniform in [low, high], both included.
  virtual int64_t integer(int64_t low, int64_t high) = 0;
  /// 0 .. n-1 in random order.
  virtual std::vector<int64_t> permutation(int64_t n) = 0;
};

/// The draws of training: the same seed gives the same masks on every machine.
class SeededDraws : public MaskDraws {
 public:
  explicit SeededDraws(uint64_t seed) : random_(seed) {}
  double unit() override { return random_.uniform(); }
  int64_t integer(int64_t low, int64_t high) override { return random_.integer(low, high); }
  std::vector<int64_t> permutation(int64_t n) override { return random_.permutation(n); }

 private:
  Random random_;
};

struct MaskOptions {
  int64_t rows = 16;     ///< of the patch grid
  int64_t columns = 16;  ///< of the patch grid
  double min_block = 4;  ///< patches in a block, as drawn; rounding and small rests may go below
  double max_block = std::numeric_limits<double>::infinity();  ///< see official_max_block
  double min_aspect = 0.3;  ///< height / width of a block lies in [min_aspect, 1 / min_aspect]

  int64_t patches() const { return rows * columns; }
};

/// The largest block officially allowed: 0.5 * image // patch * image // patch, evaluated left to
/// right with floor division (quirk 4): 224/14 -> 128, 224/16 -> 98, 518/14 -> 666.
double official_max_block(int64_t image, int64_t patch);

/// Block-wise mask of iBOT / BEiT: rectangles until `target` patches are covered, or until ten
/// tries in a row fail. Never more than target; in 3-10 % of calls up to 7 fewer (quirk 5). No
/// block spans the whole grid in either direction. -> 0 or 1 for each patch [rows * columns],
/// row-major.
std::vector<uint8_t> block_mask(const MaskOptions& options, int64_t target, MaskDraws& draws);

}  // namespace troodon::views
