#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/tensor_file.hpp"

namespace troodon::model {

struct PickleValue;
using PickleRef = const PickleValue*;  ///< owned by the Pickle that it came from

struct PickleNone {};
/// A name such as "torch.FloatStorage" that is on the list of harmless ones; never called.
struct PickleGlobal {
  std::string name;
};
/// Stands for something read but of no use here: a dtype, a device, an integer beyond 64 bits.
struct PickleOpaque {
  std::string what;
};
struct PickleSequence {  ///< a tuple or a list
  std::vector<PickleRef> items;
};
struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;
};
struct PickleStorage {
  std::string key;
  DType dtype = DType::f32;
  int64_t elements = 0;
};
/// A tensor over a storage; bounds are not checked yet.
struct PickleTensor {
  PickleStorage storage;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
};

struct PickleValue {
  std::variant<PickleNone,
               bool,
               int64_t,
               double,
               std::string,
               PickleGlobal,
               PickleOpaque,
               PickleSequence,
               PickleDict,
               PickleStorage,
               PickleTensor>
      value;
  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

/// One unpickled object with everything that it refers to.
struct Pickle {
  std::deque<PickleValue> values;  ///< flat ownership: depth can't exhaust the stack
  PickleRef root = nullptr;
  size_t bytes = 0;  ///< read, up to and with STOP
};

/// Reads the pickle at the start of `bytes` on a machine that knows data, state dicts and tensors,
/// and executes nothing: any other opcode or global is an Error that names it and `origin`.
Pickle read_pickle(std::span<const std::byte> bytes, const std::string& origin);

}  // namespace troodon::model
