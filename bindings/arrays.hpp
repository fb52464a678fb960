#pragma once

#include <nanobind/ndarray.h>
#include <type_traits>
#include <vector>

#include "troodon/picture.hpp"

namespace troodon::python {

namespace nb = nanobind;

/// A NumPy array that owns the vector's memory: nothing is copied. `Seen`: what NumPy takes the
/// values for, of the same size; truths are kept as bytes of 0 and 1.
template <class T, class Seen = T>
nb::ndarray<nb::numpy, Seen> to_numpy(std::vector<T> values, const std::vector<size_t>& shape) {
  static_assert(sizeof(T) == sizeof(Seen));
  auto* kept = new std::vector<T>(std::move(values));
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return {static_cast<void*>(kept->data()), shape.size(), shape.data(), owner};
}

/// What each row has in a member: [N], or [N, 2] of places.
template <class Row, class Value>
auto column(const std::vector<Row>& rows, Value Row::*member) {
  if constexpr (std::is_same_v<Value, Point>) {
    std::vector<double> values;
    for (const Row& row : rows) values.insert(values.end(), {(row.*member).x, (row.*member).y});
    return to_numpy(std::move(values), {rows.size(), 2});
  } else {
    using Kept = std::conditional_t<std::is_same_v<Value, bool>, uint8_t, Value>;
    std::vector<Kept> values;
    for (const Row& row : rows) values.push_back(row.*member);
    return to_numpy<Kept, Value>(std::move(values), {rows.size()});
  }
}

}  // namespace troodon::python
