#pragma once

#include <string>

namespace troodon::kernels {

/// Fixes how many threads LibTorch computes with; 0: all cores of this process.
void use_threads(int threads);

/// "LibTorch 2.13.0, 2 threads, MKL, oneDNN, no CUDA".
std::string description();

/// Sets the process up for many large tensors beside busy decoding threads; call first in main.
/// Freed memory is kept for the next tensor instead of going back to the kernel page by page
/// (features 1.07 to 1.14 times as fast). The process restarts itself once with
/// GOMP_SPINCOUNT=1000, unless the user set a policy: idle OpenMP threads otherwise spin on the
/// cores that decoding needs (3.1 times the CPU seconds of a training step on two busy cores).
/// Pages of LibTorch that only its start needed are let go (50 MiB).
void prepare_process(char** argv);

/// Ends the process, with everything written that was printed, but without taking LibTorch down
/// piece by piece: that would bring back 12 MiB of its code for nothing. at_quick_exit() counts.
[[noreturn]] void leave(int status);

/// For a process that trains from here on: freed memory is never given back to the kernel, so that
/// each step finds the pages of the one before instead of having them cleared anew.
void keep_freed_memory();

bool has_cuda();

/// "auto" becomes cuda where there is one, else cpu; anything else is checked. Throws Error (exit
/// 6).
std::string resolve_device(const std::string& device);

}  // namespace troodon::kernels
