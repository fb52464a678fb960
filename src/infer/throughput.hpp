#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace troodon::infer {

/// Where the time of an extraction went.
struct Busy {
  double seconds = 0;  ///< from the first picture to the last row
  double reading = 0;  ///< reading, decoding and resizing, summed over its threads
  size_t reading_threads = 1;
  double waiting_for_pictures = 0;  ///< the network had nothing to look at
  double forward = 0;               ///< the network looked
  double waiting_for_disk = 0;      ///< the network waited for parts to be written
  double writing = 0;

  double share(double part) const { return seconds > 0 ? part / seconds : 0; }
};

/// "reading", "network" or "writing": what more of would make the whole faster.
std::string bottleneck(const Busy& busy);

/// One sentence for people: rate, busy shares, the bottleneck and what to do about it.
std::string throughput_text(const Busy& busy, int64_t pictures);

}  // namespace troodon::infer
