#include "base/tiles.hpp"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troodon {
namespace {

/// What LDTILECFG reads: palette 1, then bytes a row and rows of each of the 8 tiles.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
};
static_assert(sizeof(TileShapes) == 64);

bool cpu_multiplies_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  const bool tiles = (d >> 22 & 1) != 0 && (d >> 24 & 1) != 0 && (d >> 25 & 1) != 0;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return false;
  const bool bfloat16 = (a >> 5 & 1) != 0;
  return tiles && bfloat16 && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}

__attribute__((target("amx-tile"))) void load_shapes(const TileShapes& shapes) {
  // GCC says that the instruction reads 8 bytes only, and would leave the rest unwritten.
  __asm__ volatile("" : : "r"(&shapes) : "memory");
  _tile_loadconfig(&shapes);
}

__attribute__((target("amx-tile"))) void release() {
  _tile_release();
}

}  // namespace

bool has_tiles() {
  // Tiles are 8 KiB of registers: a Linux process must ask for the room to save them.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XTILEDATA
  static const bool has =
      cpu_multiplies_tiles() && ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return has;
}

TileRegisters::TileRegisters() {
  TileShapes shapes;
  for (int i = 0; i < 8; ++i) shapes.bytes[i] = 64, shapes.rows[i] = 16;
  load_shapes(shapes);
}

TileRegisters::~TileRegisters() {
  release();
}

}  // namespace troodon

#else

namespace troodon {

bool has_tiles() {
  return false;
}

TileRegisters::TileRegisters() = default;
TileRegisters::~TileRegisters() = default;

}  // namespace troodon

#endif
