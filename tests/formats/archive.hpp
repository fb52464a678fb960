#pragma once

#include <string>

#include "base/error.hpp"

// Tar archives for tests, byte by byte.
namespace troodon::formats {

/// One member as tar writes it: a ustar header and the content, padded to 512 bytes.
inline std::string member(const std::string& name, const std::string& content, char type = '0') {
  std::string head(512, '\0');
  name.copy(head.data(), 100);
  fmt::format("{:011o}", content.size()).copy(head.data() + 124, 11);
  head[156] = type;
  std::string("ustar\00000", 8).copy(head.data() + 257, 8);
  head.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  fmt::format("{:06o}", sum).copy(head.data() + 148, 6);
  head[154] = '\0';
  return head + content + std::string((512 - content.size() % 512) % 512, '\0');
}

/// The two empty blocks at the end.
inline const std::string kEnd(1024, '\0');

}  // namespace troodon::formats
