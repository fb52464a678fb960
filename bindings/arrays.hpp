#pragma once

#include <nanobind/ndarray.h>
#include <vector>

namespace troodon::python {

namespace nb = nanobind;

/// A NumPy array that owns the vector's memory: nothing is copied.
template <class T>
nb::ndarray<nb::numpy, T> to_numpy(std::vector<T> values, const std::vector<size_t>& shape) {
  auto* kept = new std::vector<T>(std::move(values));
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return {kept->data(), shape.size(), shape.data(), owner};
}

}  // namespace troodon::python
