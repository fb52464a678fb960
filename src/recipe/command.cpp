#include "recipe/plan.hpp"

namespace troodon::recipe {

std::string text_of(const Command& command) {
  std::string out = "troodon curate";
  for (const std::string& word : command.words) {
    if (!word.empty() && word.find_first_of(" '\"$&()<>|;*?[]\\`") == std::string::npos) {
      out += " " + word;
      continue;
    }
    out += " '";
    for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
    out += "'";
  }
  return out;
}

}  // namespace troodon::recipe
