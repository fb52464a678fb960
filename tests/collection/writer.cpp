#include <cmath>
#include <iostream>

#include "base/error.hpp"
#include "base/random.hpp"
#include "collection/codes.hpp"
#include "collection/store.hpp"

// What the crash tests kill: puts pictures p0, p1, ... into a collection, 20 at a time, and prints
// how many the store has acknowledged. `collection_writer WHERE verify` says what is there instead.
namespace {

using namespace troodon;
using namespace troodon::collection;

constexpr int64_t kDim = 64, kAtOnce = 20;

Record record_of(int64_t number) {
  Record out{.picture = {.path = fmt::format("p{:07}.jpg", number),
                         .file = {.bytes = number, .modified_ns = 1},
                         .content_hash = number}};
  Random random(number);
  double squares = 0;
  for (int64_t d = 0; d < kDim; ++d) {
    out.vector.push_back(static_cast<float>(random.normal()));
    squares += double{out.vector.back()} * out.vector.back();
  }
  for (float& x : out.vector) x = static_cast<float>(x / std::sqrt(squares));
  out.tokens = encode_tokens(out.vector, 1, 1, kDim, 1);
  return out;
}

int verify(const Store& store) {
  const auto faults = store.verify();
  for (const auto& fault : faults) std::cout << fault << "\n";
  const auto pictures = store.list({}, 0, 100'000'000);
  int64_t there = 0;  // without a gap
  while (there < static_cast<int64_t>(pictures.size()) &&
         pictures[there].path == record_of(there).picture.path)
    ++there;
  std::cout << there << " " << pictures.size() << std::endl;
  return faults.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string where = argv[1];
    const auto store = make_store(where, {.model_key = "none", .dim = kDim, .size = 96});
    if (argc > 2) return verify(*store);
    for (int64_t first = store->count();; first += kAtOnce) {
      std::vector<Record> records;
      for (int64_t i = first; i < first + kAtOnce; ++i) records.push_back(record_of(i));
      store->put(records);
      std::cout << first + kAtOnce << std::endl;
    }
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return static_cast<int>(error.code());
  }
}
