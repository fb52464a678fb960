#pragma once

#include "recipe/plan.hpp"

namespace troodon::recipe {

/// What a recipe has done, kept in OUT/journal.json: commands, what they read and wrote, and what
/// they said. A command is done when it was run with these words, and what it read and wrote has
/// not changed since.
class Journal {
 public:
  explicit Journal(const fs::path& out);

  bool is_done(const Command& command) const;
  /// Writes the journal. `said`: JSON.
  void note(const Command& command, double seconds, const std::string& said);

 private:
  struct Entry {
    std::string words, read, written;  ///< marks
    std::string json;
  };
  void save() const;

  fs::path file_;
  std::vector<std::pair<std::string, Entry>> entries_;  ///< by first file written, in order
};

}  // namespace troodon::recipe
