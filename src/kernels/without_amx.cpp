#ifndef TROODON_HAVE_AMX

#include "kernels/amx/gemm.hpp"

namespace troodon::kernels {

void tile_gemm(const GemmShape&, const Factor&, const Factor&, const float*, float*, int64_t) {}

}  // namespace troodon::kernels

#endif
