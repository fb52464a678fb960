// Hamming pairs and picture hashes a second, on one core unless --threads says otherwise.

#include <functional>

#include "base/random.hpp"
#include "bench.hpp"
#include "fingerprint/dhash.hpp"
#include "fingerprint/hamming.hpp"
#include "fingerprint/pdq.hpp"

namespace {

using namespace troodon;
using namespace troodon::fingerprint;

struct Settings {
  size_t hashes = 60000, threads = 1;
  int repeats = 5;
};

Hash64 random_hash(Random& random, Hash64) {
  return random.next();
}

Hash256 random_hash(Random& random, const Hash256&) {
  return {random.next(), random.next(), random.next(), random.next()};
}

template <class Hash>
std::vector<Hash> random_hashes(size_t n) {
  Random random(1);
  std::vector<Hash> out(n);
  for (Hash& hash : out) hash = random_hash(random, hash);
  return out;
}

template <class Hash>
void measure_pairs(const Settings& settings, int radius, HammingMethod method) {
  const auto hashes = random_hashes<Hash>(settings.hashes);
  const auto n = static_cast<double>(hashes.size());
  std::vector<double> samples;
  size_t found = 0;
  const auto search = [&] {
    near_pairs(std::span<const Hash>(hashes),
               {radius, method, settings.threads},
               [&](std::span<const HashPair> pairs) { found += pairs.size(); });
  };
  for (int i = 0; i < settings.repeats; ++i) {
    samples.push_back(n * (n - 1) / 2 / bench::seconds_of(search) / 1e9);
  }
  bench::print_samples(fmt::format("{} bits, {} hashes, radius {}, {}",
                                   8 * sizeof(Hash),
                                   hashes.size(),
                                   radius,
                                   method == HammingMethod::exhaustive ? "every pair" : "buckets"),
                       "G pairs/s",
                       samples);
}

void measure_pictures(const std::string& what, int repeats, const std::function<void()>& hash) {
  constexpr int kCalls = 100;
  std::vector<double> samples;
  for (int i = 0; i < repeats; ++i) {
    samples.push_back(kCalls / bench::seconds_of([&] {
                        for (int call = 0; call < kCalls; ++call) hash();
                      }));
  }
  bench::print_samples(what, "pictures/s", samples);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  int side = 512;
  CLI::App app("Hamming search and picture hashes");
  app.add_option("--hashes", settings.hashes);
  app.add_option("--threads", settings.threads);
  app.add_option("--repeats", settings.repeats);
  app.add_option("--side", side, "of the picture that is hashed, in pixels");
  CLI11_PARSE(app, argc, argv);

  for (const auto method : {HammingMethod::exhaustive, HammingMethod::buckets}) {
    measure_pairs<Hash64>(settings, 3, method);
    measure_pairs<Hash64>(settings, 10, method);
    measure_pairs<Hash256>(settings, 31, method);
    measure_pairs<Hash256>(settings, 63, method);
  }

  image::Image picture(side, side);
  Random random(2);
  for (uint8_t& v : picture.pixels) v = static_cast<uint8_t>(random.integer(0, 255));
  const Grey grey = reduced(picture);
  uint64_t keep = 0;
  measure_pictures(fmt::format("reduce {0} x {0}", side), settings.repeats, [&] {
    keep += reduced(picture).values[0];
  });
  measure_pictures("pdq", settings.repeats, [&] { keep += pdq(grey).hash[0]; });
  measure_pictures(
      "pdq, eight turns", settings.repeats, [&] { keep += pdq_turns(grey).hashes[7][0]; });
  measure_pictures("dhash", settings.repeats, [&] { keep += dhash(grey); });
  return keep == 1 ? 1 : 0;
}
