#pragma once

#include <cstdint>
#include <string>

namespace troodon {

/// The machine a process runs on, as far as results and speed depend on it.
struct Machine {
  std::string cpu;       ///< model name
  std::string features;  ///< of avx2, fma, avx512f, avx512_bf16, avx512_fp16, avx512_vnni,
                         ///< amx_bf16, amx_int8: those it has
  size_t cores = 1;      ///< this process may use
  int64_t memory_bytes = 0;
  int64_t memory_free_bytes = 0;

  /// Whether the CPU multiplies bfloat16 itself.
  bool has_bfloat16() const { return features.find("bf16") != std::string::npos; }
  /// Whether it multiplies float16 itself.
  bool has_float16() const { return features.find("fp16") != std::string::npos; }
};

/// What this process holds in memory, libraries and files that it looks into included; zeros where
/// /proc does not say.
struct ProcessMemory {
  int64_t resident = 0, peak = 0;  ///< bytes
};
ProcessMemory process_memory();

/// Gives memory that was freed back to the system, where the allocator would keep it.
void return_freed_memory();

/// Reads /proc; unknown fields stay empty or zero.
Machine this_machine();

}  // namespace troodon
