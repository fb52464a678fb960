#include "kernels/parts.hpp"

#include <exception>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "kernels/linear.hpp"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace troodon::kernels {

size_t part_threads() {
  return at::in_parallel_region() ? 1 : static_cast<size_t>(at::get_num_threads());
}

void each_part(size_t parts, const std::function<void(size_t part)>& body) {
  const bool gradients = at::GradMode::is_enabled();
  const at::ScalarType products = NarrowProducts::active();
  std::vector<std::exception_ptr> errors(parts);
#pragma omp parallel for num_threads(static_cast<int>(parts)) schedule(static, 1)
  for (size_t part = 0; part < parts; ++part) {
#ifdef _OPENMP
    // oneDNN plans for this many threads; were it given fewer, its convolutions would leave sums
    // unfinished, or wait for ever for the others.
    omp_set_num_threads(1);
#endif
    const at::AutoGradMode same_gradients(gradients);
    const NarrowProducts same_products(products);
    try {
      body(part);
    } catch (...) {
      errors[part] = std::current_exception();
    }
  }
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace troodon::kernels
