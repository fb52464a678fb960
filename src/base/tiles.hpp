#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

/// Before functions for CPUs where has_tiles(); one set, since only equal ones inline each other.
#define TROODON_TILES                                                               \
  __attribute__((                                                                   \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,amx-tile,amx-bf16," \
             "amx-int8")))

namespace troodon {

/// Whether this CPU multiplies tiles of bfloat16 and of 8-bit integers (AMX), has AVX-512 beside
/// it, and the kernel lets us.
bool has_tiles();

/// While it lives, this thread's tiles are 16 rows of 64 bytes.
class TileRegisters {
 public:
  TileRegisters();
  ~TileRegisters();
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;
};

constexpr int64_t kTileRows = 16;
constexpr int64_t kTileFloats = 16;                    ///< columns of a tile of sums
constexpr int64_t kTileInner = 32;                     ///< bfloat16 inputs of a tile
constexpr int64_t kTileBytes = 64;                     ///< 8-bit inputs of a tile
constexpr int64_t kByteTile = kTileRows * kTileBytes;  ///< a whole tile of them

/// GCC's tile instructions don't say that they read and write memory: `by` names what they wrote
/// that nobody else has heard of.
inline void memory_is_seen(const void* by = nullptr) {
  __asm__ volatile("" : : "r"(by) : "memory");
}

constexpr int64_t tiles_for(int64_t n, int64_t each) {
  return (n + each - 1) / each;
}

/// The first `count` of a vector's 16 floats, as a mask; none below 1, all from 16 on.
constexpr uint16_t first_of(int64_t count) {
  return static_cast<uint16_t>((1U << std::clamp<int64_t>(count, 0, 16)) - 1);
}

/// Memory that starts with a cache line; a tile's rows must not cross one. Left as it comes.
template <class T>
class Lines {
 public:
  /// Room for n, if there is less: what was in it is lost then.
  T* room(size_t n) {
    if (n > size_) {
      data_.reset(static_cast<T*>(::operator new(n * sizeof(T), kLine)));
      size_ = n;
    }
    return data_.get();
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(T* p) const { ::operator delete(p, kLine); }
  };
  std::unique_ptr<T, Free> data_;
  size_t size_ = 0;
};

}  // namespace troodon
