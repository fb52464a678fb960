#include "fingerprint/margins.hpp"

#include <algorithm>
#include <cstdlib>

namespace troodon::fingerprint {
namespace {

constexpr int kTolerance = 10 * kGreyLevel;  // what JPEG leaves of one colour

/// The lowest and highest value of a row or column.
struct Range {
  int low = 255 * kGreyLevel, high = 0;

  void add(int value) { low = std::min(low, value), high = std::max(high, value); }
  void add(const Range& other) { add(other.low), add(other.high); }
  bool flat() const { return high - low <= kTolerance; }
};

/// How many lines from the edge on are of one level together.
template <class LineOf>
int flat_lines(int lines, const LineOf& line) {
  Range all;
  int count = 0;
  for (; count < lines; ++count) {
    all.add(line(count));
    if (!all.flat()) break;
  }
  return count;
}

}  // namespace

image::Box without_margins(const Grey& grey) {
  const auto row = [&](int y) {
    Range out;
    for (int x = 0; x < grey.width; ++x) out.add(grey.row(y)[x]);
    return out;
  };
  const int top = flat_lines(grey.height, row);
  const int bottom = flat_lines(grey.height, [&](int i) { return row(grey.height - 1 - i); });
  const int height = grey.height - top - bottom;
  const image::Box whole{0, 0, grey.height, grey.width};
  if (4 * height < grey.height) return whole;
  const auto column = [&](int x) {  // between the margins above and below
    Range out;
    for (int y = top; y < top + height; ++y) out.add(grey.row(y)[x]);
    return out;
  };
  const int left = flat_lines(grey.width, column);
  const int right = flat_lines(grey.width, [&](int i) { return column(grey.width - 1 - i); });
  const int width = grey.width - left - right;
  if (4 * width < grey.width) return whole;
  return {.top = top, .left = left, .height = height, .width = width};
}

}  // namespace troodon::fingerprint
