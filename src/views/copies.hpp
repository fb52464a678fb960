#pragma once

#include <vector>

#include "fingerprint/edits.hpp"
#include "views/crops.hpp"

// Pairs of views from which copies are learnt: a picture as it is kept, and a copy that somebody
// made of it (SSCD, Pizzi et al. 2022, section 3.2). Drawing and doing are apart, as in crops.hpp.
namespace troodon::views {

struct CopyConfig {
  int size = 224;  ///< pixels of the square views
  AreaRange crops_scale{0.2, 1.0};
  double mixed = 0.25;  ///< part of the copies that share their pixels with another picture
};

/// How a copy shares its pixels with another picture.
enum class Mixing {
  none,
  pasted,   ///< it lies in the other picture; share: its part of both sides
  covered,  ///< a piece of the other lies on it; share: the piece's part of both sides
  blended,  ///< both shine through; share: the copy's weight
};

/// What is done to a picture to make one view of it, in this order.
struct CopyPlan {
  image::Box box;                        ///< the part that stays
  std::vector<fingerprint::Edit> edits;  ///< of the picture itself
  Mixing mixing = Mixing::none;          ///< with the other picture
  double share = 1;                      ///< see Mixing
  double bars = 0;  ///< black bars, each so thick as a part of the picture: above and below it,
                    ///< where negative left and right
  std::vector<fingerprint::Edit> last_edits;  ///< of what has become of it: frames, encoding
  bool stretched = true;                      ///< to the square; false: the evaluation's crop
  uint64_t seed = 0;                          ///< of places and colours
};

/// The picture as it is kept: whole, or with a little cut off.
CopyPlan draw_original(int width, int height, const CopyConfig& config, Random& random);

/// A copy: cropped, turned, recoloured, blurred, written on, mixed, framed, encoded, each by
/// chance.
CopyPlan draw_copy(int width, int height, const CopyConfig& config, Random& random);

/// Carries a plan out: [size, size] pixels. `other` is any other picture.
image::Image apply(const image::Image& picture,
                   const image::Image& other,
                   const CopyPlan& plan,
                   int size);

/// Draws and makes both views of a picture, normalised, into the caller's memory: original, copy
/// float32 [3, size, size]. `random` belongs to the sample. Large pictures are made smaller first:
/// edits cost by the pixel.
void copy_pair(const image::Image& picture,
               const image::Image& other,
               const CopyConfig& config,
               Random& random,
               float* const* outs);

}  // namespace troodon::views
