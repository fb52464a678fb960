#include "exports/rle.hpp"

#include "base/error.hpp"

namespace troodon::exports {

std::map<int32_t, std::vector<uint32_t>> run_lengths(const Mask& mask) {
  struct Runs {
    std::vector<uint32_t> counts;
    uint32_t end = 0;  // of the last run inside
  };
  std::map<int32_t, Runs> found;
  const auto width = static_cast<uint32_t>(mask.width), height = static_cast<uint32_t>(mask.height);
  const uint32_t pixels = width * height;
  const auto label_at = [&](uint32_t place) {
    return mask.labels[static_cast<size_t>(place % height) * width + place / height];
  };
  for (uint32_t start = 0; start < pixels;) {
    const int32_t label = label_at(start);
    uint32_t end = start + 1;
    while (end < pixels && label_at(end) == label) ++end;
    if (label >= 0) {
      Runs& runs = found[label];
      runs.counts.push_back(start - runs.end);
      runs.counts.push_back(end - start);
      runs.end = end;
    }
    start = end;
  }
  std::map<int32_t, std::vector<uint32_t>> out;
  for (auto& [label, runs] : found) {
    if (runs.end < pixels) runs.counts.push_back(pixels - runs.end);
    out[label] = std::move(runs.counts);
  }
  return out;
}

std::string compressed(const std::vector<uint32_t>& counts) {
  std::string out;
  for (size_t i = 0; i < counts.size(); ++i) {
    int64_t left = counts[i];
    if (i > 2) left -= counts[i - 2];
    for (bool more = true; more;) {
      const auto group = static_cast<int>(left & 31);
      left >>= 5;  // keeps the sign
      more = (group & 16) != 0 ? left != -1 : left != 0;
      out += static_cast<char>(48 + group + (more ? 32 : 0));
    }
  }
  return out;
}

std::vector<uint32_t> uncompressed(std::string_view text) {
  std::vector<uint32_t> out;
  for (size_t at = 0; at < text.size();) {
    int64_t value = 0;
    for (int shift = 0;; shift += 5) {
      const int code = at < text.size() ? text[at++] - 48 : -1;
      if (code < 0 || code > 63 || shift > 30)
        fail(Exit::input, "these run lengths are no compressed COCO mask (character {})", at);
      value |= static_cast<int64_t>(code & 31) << shift;
      if ((code & 32) != 0) continue;
      if ((code & 16) != 0) value -= int64_t{1} << (shift + 5);
      break;
    }
    if (out.size() > 2) value += out[out.size() - 2];
    if (value < 0 || value > UINT32_MAX)
      fail(Exit::input, "these run lengths are no compressed COCO mask (count {})", out.size());
    out.push_back(static_cast<uint32_t>(value));
  }
  return out;
}

}  // namespace troodon::exports
