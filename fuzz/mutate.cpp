#include "mutate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace troodon::fuzz {
namespace {

size_t below(size_t n, Random& random) {
  return static_cast<size_t>(random.integer(0, static_cast<int64_t>(n) - 1));
}

/// Half of the time among the first bytes, where headers are.
size_t somewhere(const std::string& text, Random& random) {
  const size_t reach = random.chance(0.5) ? std::min<size_t>(text.size(), 64) : text.size();
  return below(reach, random);
}

void flip_bit(std::string& text, Random& random) {
  text[somewhere(text, random)] ^= static_cast<char>(1U << below(8, random));
}

void set_byte(std::string& text, Random& random) {
  text[somewhere(text, random)] = static_cast<char>(random.next());
}

/// Numbers that overflow sums and products, or are off by one.
void set_number(std::string& text, Random& random) {
  constexpr std::array<uint64_t, 14> kEdges = {0,
                                               1,
                                               2,
                                               0x7F,
                                               0x80,
                                               0xFF,
                                               0x7FFF,
                                               0xFFFF,
                                               0x10000,
                                               0x7FFFFFFF,
                                               0x80000000,
                                               0xFFFFFFFF,
                                               0x7FFFFFFFFFFFFFFF,
                                               0xFFFFFFFFFFFFFFFF};
  uint64_t value = kEdges[below(kEdges.size(), random)];
  if (random.chance(0.3)) value += static_cast<uint64_t>(random.integer(-2, 2));
  const size_t bytes = size_t{1} << below(4, random);
  if (random.chance(0.5)) value = __builtin_bswap64(value) >> (64 - 8 * bytes);
  const size_t at = somewhere(text, random);
  std::memcpy(text.data() + at, &value, std::min(bytes, text.size() - at));
}

/// Digits in text formats become other numbers; signs and points among them.
void set_digit(std::string& text, Random& random) {
  constexpr std::string_view kDigits = "0123456789-.e,:\"'[]{}#&*!|>%\n\t ";
  text[somewhere(text, random)] = kDigits[below(kDigits.size(), random)];
}

void erase_part(std::string& text, Random& random) {
  const size_t at = somewhere(text, random);
  text.erase(at, 1 + below(std::min<size_t>(64, text.size() - at), random));
}

void double_part(std::string& text, Random& random) {
  const size_t at = somewhere(text, random);
  const std::string part = text.substr(at, 1 + below(256, random));
  text.insert(below(text.size() + 1, random), part);
}

void tear_off(std::string& text, Random& random) {
  text.resize(1 + below(text.size(), random));
}

void bring_in(std::string& text, const std::string& other, Random& random) {
  if (other.empty()) return;
  const size_t from = below(other.size(), random), at = somewhere(text, random);
  const std::string part = other.substr(from, 1 + below(512, random));
  if (random.chance(0.5)) {
    text.insert(at, part);
  } else {
    text.replace(at, part.size(), part);
  }
}

}  // namespace

std::string mutate(const std::vector<std::string>& seeds, Random& random) {
  std::string text = seeds[below(seeds.size(), random)];
  const int64_t edits = random.integer(1, random.chance(0.7) ? 2 : 8);
  for (int64_t edit = 0; edit < edits; ++edit) {
    if (text.empty()) text = " ";
    constexpr std::array<void (*)(std::string&, Random&), 7> kEdits = {
        flip_bit, set_byte, set_number, set_digit, erase_part, double_part, tear_off};
    const size_t which = below(kEdits.size() + 2, random);
    if (which < kEdits.size()) {
      kEdits[which](text, random);
    } else if (which == kEdits.size()) {
      set_number(text, random);  // the most fruitful one, twice as often
    } else {
      bring_in(text, seeds[below(seeds.size(), random)], random);
    }
  }
  if (text.size() > kLargestInput) text.resize(kLargestInput);
  return text;
}

}  // namespace troodon::fuzz
