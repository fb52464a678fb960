#include "kernels/autocast.hpp"

#include <ATen/autocast_mode.h>

namespace troodon::kernels {

Autocast::Autocast(at::ScalarType type) : on_(type != at::kFloat) {
  if (!on_) return;
  at::autocast::set_autocast_dtype(at::kCUDA, type);
  at::autocast::set_autocast_enabled(at::kCUDA, true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCUDA, false);
}

at::ScalarType Autocast::active() {
  return at::autocast::is_autocast_enabled(at::kCUDA) ? at::autocast::get_autocast_dtype(at::kCUDA)
                                                      : at::kFloat;
}

}  // namespace troodon::kernels
