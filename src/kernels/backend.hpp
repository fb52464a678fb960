#pragma once

#include <string>

namespace troodon::kernels {

/// Fixes how many threads LibTorch computes with; 0: all cores of this process.
void use_threads(int threads);

/// "LibTorch 2.13.0, 2 threads, MKL, oneDNN, no CUDA".
std::string description();

/// Restarts the process once with GOMP_SPINCOUNT=1000 unless the user set a policy: idle OpenMP
/// threads otherwise spin on the cores that the decoding threads need (3.1 times the CPU seconds of a
/// training step were measured on two busy cores). Call first in main.
void limit_spinning(char** argv);

bool has_cuda();

/// "auto" becomes cuda where there is one, else cpu; anything else is checked. Throws Error (exit
/// 6).
std::string resolve_device(const std::string& device);

}  // namespace troodon::kernels
