// Hamming pairs and picture hashes a second, on one core unless --threads says otherwise.

#include "fingerprint/fingerprint.hpp"

#include <functional>

#include "base/random.hpp"
#include "bench.hpp"
#include "fingerprint/hamming.hpp"
#include "fingerprint/pca_hash.hpp"
#include "fingerprint/quality.hpp"

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

image::Image random_picture(int side) {
  image::Image picture(side, side);
  Random random(static_cast<uint64_t>(side));
  for (uint8_t& v : picture.pixels) v = static_cast<uint8_t>(random.integer(0, 255));
  return picture;
}

std::vector<float> random_small_pictures(int count, int side) {
  std::vector<float> out(static_cast<size_t>(count) * side * side);
  Random random(3);
  for (float& v : out) v = static_cast<float>(random.normal());
  return out;
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

  const image::Image picture = random_picture(side);
  const Grey grey = reduced(picture);
  const Fingerprint print = fingerprint_of(grey), other = fingerprint_of(random_picture(side - 1));
  const std::vector<float> small = random_small_pictures(200, 32);
  const PcaHashModel model = learn_pca_hash(small, {.side = 32, .bits = 64});
  uint64_t keep = 0;
  const auto measure = [&](const std::string& what, const std::function<void()>& hash) {
    measure_pictures(what, settings.repeats, hash);
  };
  measure(fmt::format("reduce {0} x {0}", side), [&] { keep += reduced(picture).values[0]; });
  measure("pdq", [&] { keep += pdq(grey).hash[0]; });
  measure("pdq, eight turns", [&] { keep += pdq_turns(grey).hashes[7][0]; });
  measure("dhash", [&] { keep += dhash(grey); });
  measure("pca hash, 64 bits", [&] { keep += pca_hash(model, grey)[0]; });
  measure("quality", [&] { keep += quality_of(grey, side, side).text > 0.5; });
  measure("fingerprint", [&] { keep += fingerprint_of(grey).windows[0]; });
  measure("compare", [&] { keep += static_cast<uint64_t>(compare(print, other).distance); });
  return keep == 1 ? 1 : 0;
}
