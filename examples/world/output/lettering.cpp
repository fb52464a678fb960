#include "output/lettering.hpp"

#include <array>

namespace troodon::world {

namespace {

/// Rows of three dots from the top, five per letter, the leftmost dot in bit 2.
constexpr std::array<const char*, 26> kLetters = {
    "25755", "65656", "34443", "65556", "74647", "74644", "34553", "55755", "72227",
    "11152", "55655", "44447", "57755", "65555", "25552", "65644", "25563", "65655",
    "34216", "72222", "55557", "55552", "55775", "55255", "55222", "71247"};

}  // namespace

void write_text(image::Image& image, std::string_view text, int x, int y, int dot, uint8_t gray) {
  for (const char letter : text) {
    for (int i = 0; i < 15 * dot * dot && letter >= 'a' && letter <= 'z'; ++i) {
      const int u = i % (3 * dot), v = i / (3 * dot);
      const int bits = kLetters[letter - 'a'][v / dot] - '0';
      if ((bits >> (2 - u / dot) & 1) == 0) continue;
      if (x + u < 0 || y + v < 0 || x + u >= image.width || y + v >= image.height) continue;
      for (int c = 0; c < 3; ++c) image.row(y + v)[3 * (x + u) + c] = gray;
    }
    x += 4 * dot;
  }
}

}  // namespace troodon::world
