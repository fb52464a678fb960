#ifndef TROODON_HAVE_AMX

#include "kernels/amx/gemm.hpp"
#include "kernels/amx/tiles.hpp"

namespace troodon::kernels {

bool has_tiles() {
  return false;
}

void tile_gemm(const GemmShape&, const Factor&, const Factor&, const float*, float*, int64_t) {}

}  // namespace troodon::kernels

#endif
