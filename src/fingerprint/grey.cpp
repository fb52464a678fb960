#include "fingerprint/grey.hpp"

#include <algorithm>
#include <cassert>

#include "image/vectorised.hpp"

namespace troodon::fingerprint {
namespace {

/// Which input pixels one output pixel of an axis covers, in units in which an input pixel is
/// `outputs` long and an output pixel `inputs`. Pixels between first and last are covered whole.
struct Cover {
  int64_t first, last;
  int64_t at_first, at_last;  ///< at_last is 0 if first is last
};

std::vector<Cover> covers_of(int64_t inputs, int64_t outputs) {
  std::vector<Cover> out(static_cast<size_t>(outputs));
  for (int64_t o = 0; o < outputs; ++o) {
    const int64_t begin = o * inputs, end = begin + inputs;
    Cover& cover = out[o];
    cover.first = begin / outputs;
    cover.last = (end - 1) / outputs;
    cover.at_first = std::min(end, (cover.first + 1) * outputs) - begin;
    cover.at_last = cover.last == cover.first ? 0 : end - cover.last * outputs;
  }
  return out;
}

/// One output row from the sums of the rows that it covers; the sums and the division are exact.
void reduce_row(const std::vector<uint32_t>& sums,
                const std::vector<Cover>& covers,
                int64_t rows,
                uint16_t* out) {
  const auto outputs = static_cast<int64_t>(covers.size());
  const auto whole = static_cast<double>(rows * static_cast<int64_t>(sums.size()));
  for (const Cover& cover : covers) {
    int64_t between = 0;
    for (int64_t i = cover.first + 1; i < cover.last; ++i) between += sums[i];
    const int64_t total =
        cover.at_first * sums[cover.first] + outputs * between + cover.at_last * sums[cover.last];
    *out++ = static_cast<uint16_t>(static_cast<double>(total) / whole + 0.5);
  }
}

void add_weighted(const uint16_t* row, uint32_t weight, std::vector<uint32_t>& sums) {
  uint32_t* const to = sums.data();
  const size_t n = sums.size();
  image::vectorised([=]() __attribute__((always_inline)) {
    for (size_t i = 0; i < n; ++i) to[i] += weight * row[i];
  });
}

/// The area average of `inputs` rows of `width` values that row(y) yields. Down the columns first:
/// these sums vectorise, and few rows remain for the other axis.
template <class RowOf>
Grey average(int width, int inputs, Grey out, const RowOf& row) {
  std::vector<uint32_t> sums(static_cast<size_t>(width));
  const std::vector<Cover> across = covers_of(width, out.width);
  const std::vector<Cover> down = covers_of(inputs, out.height);
  for (int y = 0; y < out.height; ++y) {
    const Cover& cover = down[y];
    std::ranges::fill(sums, 0U);
    for (int64_t i = cover.first; i <= cover.last; ++i) {
      const int64_t weight = i == cover.first  ? cover.at_first
                             : i == cover.last ? cover.at_last
                                               : out.height;
      if (weight > 0) add_weighted(row(static_cast<int>(i)), static_cast<uint32_t>(weight), sums);
    }
    reduce_row(sums, across, inputs, out.row(y));
  }
  return out;
}

/// 77, 150 and 29 of 256: ITU-R 601 in weights that leave sums of 16 bits, the quickest there are.
void luma_row(const uint8_t* pixels, uint16_t* out, size_t n) {
  image::vectorised([=]() __attribute__((always_inline)) {
    for (size_t i = 0; i < n; ++i) {
      const auto red = static_cast<uint16_t>(pixels[3 * i] * 77);
      const auto green = static_cast<uint16_t>(pixels[3 * i + 1] * 150);
      const auto blue = static_cast<uint16_t>(pixels[3 * i + 2] * 29);
      const auto sum = static_cast<uint16_t>(red + green + blue);
      out[i] = static_cast<uint16_t>(static_cast<uint16_t>(sum + 8) >> 4);
    }
  });
}

}  // namespace

Grey reduced(const image::Image& image) {
  assert(!image.empty());
  const int longer = std::max(image.width, image.height);
  const auto side = [&](int length) {
    if (longer <= kReducedSide) return length;
    return std::max(1, static_cast<int>(static_cast<int64_t>(length) * kReducedSide / longer));
  };
  std::vector<uint16_t> row(static_cast<size_t>(image.width));
  int held = -1;  // a row on the border of two outputs is asked for twice
  return average(
      image.width, image.height, Grey(side(image.width), side(image.height)), [&](int y) {
        if (y != held) luma_row(image.row(y), row.data(), row.size());
        held = y;
        return static_cast<const uint16_t*>(row.data());
      });
}

Grey area_resize(const Grey& grey, int width, int height) {
  return area_resize(grey, {0, 0, grey.height, grey.width}, width, height);
}

Grey area_resize(const Grey& grey, const image::Box& box, int width, int height) {
  assert(box.width > 0 && box.height > 0 && width > 0 && height > 0);
  return average(box.width, box.height, Grey(width, height), [&](int y) {
    return grey.row(box.top + y) + box.left;
  });
}

}  // namespace troodon::fingerprint
