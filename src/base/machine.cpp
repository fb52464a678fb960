#include "base/machine.hpp"

#include <fstream>
#include <sstream>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/parallel.hpp"

namespace troodon {
namespace {

/// The value of the first "key : value" line of a /proc file.
std::string proc_value(const char* file, const std::string& key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || line.compare(0, key.size(), key) != 0) continue;
    const size_t from = line.find_first_not_of(" \t", colon + 1);
    return from == std::string::npos ? "" : line.substr(from);
  }
  return "";
}

int64_t proc_kib(const std::string& key, const char* file = "/proc/meminfo") {
  const std::string text = proc_value(file, key);
  return text.empty() ? 0 : std::stoll(text) * 1024;
}

std::string known_features() {
  std::istringstream flags(proc_value("/proc/cpuinfo", "flags"));
  std::string out;
  for (std::string flag; flags >> flag;) {
    for (const char* wanted : {"avx2",
                               "fma",
                               "avx512f",
                               "avx512_bf16",
                               "avx512_fp16",
                               "avx512_vnni",
                               "amx_bf16",
                               "amx_int8"}) {
      if (flag == wanted) out += (out.empty() ? "" : " ") + flag;
    }
  }
  return out;
}

}  // namespace

ProcessMemory process_memory() {
  constexpr const char* kStatus = "/proc/self/status";
  return {proc_kib("VmRSS", kStatus), proc_kib("VmHWM", kStatus)};
}

void return_freed_memory() {
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
}

Machine this_machine() {
  return {.cpu = proc_value("/proc/cpuinfo", "model name"),
          .features = known_features(),
          .cores = core_count(),
          .memory_bytes = proc_kib("MemTotal"),
          .memory_free_bytes = proc_kib("MemAvailable")};
}

}  // namespace troodon
