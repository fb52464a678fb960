#include "troodon/convert.hpp"

#include "api/call.hpp"
#include "infer/convert.hpp"

namespace troodon {

Conversion convert(const ConvertOptions& options) {
  return api::call([&] {
    const infer::Conversion done = infer::convert({.from = options.from,
                                                   .to = options.to,
                                                   .names = options.names,
                                                   .half = options.half,
                                                   .overwrite = options.overwrite,
                                                   .num_heads = options.num_heads});
    return Conversion{done.network, done.names, done.largest_difference, done.smallest_cosine};
  });
}

}  // namespace troodon
