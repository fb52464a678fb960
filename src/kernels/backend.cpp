#include "kernels/backend.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <link.h>
#include <malloc.h>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/version.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"

namespace troodon::kernels {

namespace {

/// Lets go of the pages of LibTorch's code that its start has touched: it registers thousands of
/// operators, 50 MiB of which nobody looks at again. What is needed comes back from the file.
void release_startup_pages() {
  const auto release = [](dl_phdr_info* library, size_t, void*) {
    if (std::string_view(library->dlpi_name).find("libtorch") == std::string_view::npos) return 0;
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < library->dlpi_phnum; ++i) {
      const auto& part = library->dlpi_phdr[i];
      if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;
      const uintptr_t from = (library->dlpi_addr + part.p_vaddr) / page * page;
      const uintptr_t end = library->dlpi_addr + part.p_vaddr + part.p_memsz;
      ::madvise(reinterpret_cast<void*>(from), end - from, MADV_DONTNEED);
    }
    return 0;
  };
  ::dl_iterate_phdr(release, nullptr);
}

}  // namespace

void use_threads(int threads) {
  at::set_num_threads(threads > 0 ? threads : static_cast<int>(core_count()));
}

void prepare_process(char** argv) {
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that glibc takes
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // libgomp reads its settings when it is loaded, before main: only a new process sees a change.
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) {
    return release_startup_pages();
  }
  ::setenv("GOMP_SPINCOUNT", "1000", 0);
  // By its path: /proc/self/exe itself would name the process "exe" in ps and pkill.
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) ::execv(self.c_str(), argv);  // returns only if it failed; then the default must do
}

void leave(int status) {
  std::cout.flush();
  std::fflush(nullptr);
  std::quick_exit(status);
}

void keep_freed_memory() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
}

bool has_cuda() {
  return at::hasCUDA();
}

std::string description() {
  return fmt::format("LibTorch {}, {} threads, {}, {}, {}",
                     TORCH_VERSION,
                     at::get_num_threads(),
                     at::hasMKL() ? "MKL" : "no MKL",
                     at::hasMKLDNN() ? "oneDNN" : "no oneDNN",
                     has_cuda() ? "CUDA" : "no CUDA");
}

std::string resolve_device(const std::string& device) {
  if (device == "auto") return has_cuda() ? "cuda" : "cpu";
  if (device != "cpu" && device.rfind("cuda", 0) != 0) {
    fail(Exit::usage, "unknown device '{}': write auto, cpu, cuda or cuda:N", device);
  }
  if (device != "cpu" && !has_cuda()) {
    fail(Exit::resource,
         "device '{}' is not here: this build of LibTorch sees no CUDA; use --device cpu",
         device);
  }
  return device;
}

}  // namespace troodon::kernels
