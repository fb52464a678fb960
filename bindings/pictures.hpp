#pragma once

#include <nanobind/ndarray.h>
#include <vector>

#include "troodon/embedder.hpp"

namespace troodon::python {

namespace nb = nanobind;

using Bytes = nb::ndarray<const uint8_t, nb::c_contig, nb::device::cpu>;

/// Pictures as the library reads them, and what owns their memory.
struct Pictures {
  std::vector<Picture> pictures;
  std::vector<Bytes> arrays;
  std::vector<nb::bytes> files;
  bool one = false;  ///< a single picture, not a batch of one
};

/// A path, encoded bytes, an array [H, W, 3] of uint8 (NumPy, DLPack, PIL), a batch [B, H, W, 3] or
/// any iterable of these but the batch. Throws Error (exit 4) for anything else.
Pictures pictures_of(nb::handle images);

/// The same of what must be a single picture.
Pictures picture_of(nb::handle image);

}  // namespace troodon::python
