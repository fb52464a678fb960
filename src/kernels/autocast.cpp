#include "kernels/autocast.hpp"

#include <ATen/autocast_mode.h>

namespace troodon::kernels {

Autocast::Autocast(bool on) : on_(on) {
  if (!on_) return;
  at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCUDA, true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCUDA, false);
}

bool Autocast::active() {
  return at::autocast::is_autocast_enabled(at::kCUDA);
}

}  // namespace troodon::kernels
