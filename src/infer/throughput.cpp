#include "infer/throughput.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troodon::infer {

std::string bottleneck(const Busy& busy) {
  const double rest = std::max(busy.waiting_for_pictures, busy.waiting_for_disk);
  if (busy.forward >= rest) return "network";
  return busy.waiting_for_pictures >= busy.waiting_for_disk ? "reading" : "writing";
}

std::string throughput_text(const Busy& busy, int64_t pictures) {
  const std::string slowest = bottleneck(busy);
  const std::string advice =
      slowest == "reading"
          ? "reading is the bottleneck: more --threads, --scaled-decoding, or a nearer disk help"
      : slowest == "writing"
          ? "writing is the bottleneck: a faster disk for --out or --half helps"
          : "the network is the bottleneck: a smaller --size, a smaller model or a GPU helps";
  const auto percent = [&](double seconds) { return 100 * busy.share(seconds); };
  return fmt::format(
      "{:.3g} images/s; reading {:.0f} % of {} threads, network {:.0f} %, waiting for pictures "
      "{:.0f} %, writing {:.0f} %; {}",
      static_cast<double>(pictures) / std::max(busy.seconds, 1e-9),
      percent(busy.reading) / static_cast<double>(std::max<size_t>(busy.reading_threads, 1)),
      busy.reading_threads,
      percent(busy.forward),
      percent(busy.waiting_for_pictures),
      percent(busy.writing),
      advice);
}

}  // namespace troodon::infer
