#pragma once

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/random.hpp"
#include "image/decode.hpp"
#include "image/resize.hpp"

// Pictures for the tests of this room.
namespace troodon::fingerprint {

inline fs::path data_folder() {
  if (const char* named = std::getenv("TROODON_DATA")) return named;
  const char* source = std::getenv("TROODON_SOURCE");
  return fs::path(source ? source : ".") / "../shared/data";
}

/// Something to see at every scale: noise of 3 x 3 pixels, enlarged, with finer noise on top.
inline image::Image clouds(int width, int height, uint64_t seed) {
  Random random(seed);
  image::Image out(width, height);
  std::fill(out.pixels.begin(), out.pixels.end(), uint8_t{128});
  int amplitude = 60;
  for (int side = 3; side <= 24; side *= 2, amplitude = amplitude * 2 / 3) {
    image::Image coarse(side, side);
    for (uint8_t& v : coarse.pixels) v = static_cast<uint8_t>(random.integer(0, 255));
    const image::Image fine = image::resize(coarse, width, height);
    for (size_t i = 0; i < out.pixels.size(); ++i) {
      const int value = out.pixels[i] + (fine.pixels[i] - 128) * amplitude / 128;
      out.pixels[i] = static_cast<uint8_t>(std::clamp(value, 0, 255));
    }
  }
  return out;
}

/// Every picture file below the folder that decodes, sorted by path; empty without the folder.
inline std::vector<image::Image> pictures_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.path().extension() != ".md") files.push_back(entry);
    }
  }
  std::ranges::sort(files);
  std::vector<image::Image> out;
  for (const fs::path& file : files) {
    if (auto image = image::read(file)) out.push_back(*std::move(image));
  }
  return out;
}

/// The fields of a CSV file without quotes, header left out; empty without the file.
inline std::vector<std::vector<std::string>> csv_rows(const fs::path& file) {
  std::vector<std::vector<std::string>> rows;
  if (!fs::exists(file)) return rows;
  std::istringstream lines(read_text(file));
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == ',') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    rows.push_back(std::move(fields));
  }
  return rows;
}

}  // namespace troodon::fingerprint
