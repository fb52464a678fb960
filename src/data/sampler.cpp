#include "data/sampler.hpp"

#include <algorithm>
#include <bit>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::data {

int64_t shuffled(int64_t place, int64_t n, uint64_t key) {
  const int rounds = 24 + 6 * static_cast<int>(std::bit_width(static_cast<uint64_t>(n)));
  const auto size = static_cast<uint64_t>(n);
  auto x = static_cast<uint64_t>(place);
  for (int round = 0; round < rounds; ++round) {
    const uint64_t round_key = mix(key + static_cast<uint64_t>(round) * 0x9E3779B97F4A7C15ULL);
    // Partner of x in this round: x -> k - x pairs the places up; a coin tossed for the pair
    // decides.
    const auto k = static_cast<uint64_t>((static_cast<unsigned __int128>(round_key) * size) >> 64);
    const uint64_t partner = k >= x ? k - x : k + size - x;
    if (mix(round_key ^ std::max(x, partner)) >> 63) x = partner;
  }
  return static_cast<int64_t>(x);
}

Sampler::Sampler(const SamplerOptions& options) : options_(options) {
  const auto& [kind, items, epoch_size, seed, rank, world] = options_;
  if (items < 1) fail(Exit::input, "nothing to draw from: the data set has no pictures");
  const int64_t pass = kind == SamplerKind::epoch && epoch_size > 0 ? epoch_size : items;
  if (pass < world) fail(Exit::input, "{} pictures are too few for {} processes", pass, world);
  options_.epoch_size = pass;
  pass_length_ =
      kind == SamplerKind::sharded_infinite ? items / world : (pass - rank + world - 1) / world;
}

int64_t Sampler::at(uint64_t position) const {
  const auto& [kind, items, pass_size, seed, rank, world] = options_;
  const uint64_t pass = position / static_cast<uint64_t>(pass_length_);
  auto within = static_cast<int64_t>(position % static_cast<uint64_t>(pass_length_));
  if (kind == SamplerKind::sharded_infinite) {
    within = shuffled(within, pass_length_, mix(seed, 1, rank, pass));
    return shuffled(rank + within * world, items, mix(seed, 0));
  }
  return shuffled(rank + within * world, pass_size, mix(seed, 2, pass)) % items;
}

}  // namespace troodon::data
