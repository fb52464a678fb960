#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace troodon::apply {

/// What files made of all pictures need to know of one, head by head.
struct HeadRecord {
  std::vector<std::pair<int64_t, double>> top;  ///< classes and probabilities, best first
  std::vector<std::string> coco;                ///< exports::coco_annotations
  double near = 0, far = 0;                     ///< metres
};

struct Record {
  std::string id, path;  ///< of the data::Item
  int width = 0, height = 0;
  std::vector<std::string> formats;  ///< in which its files were written
  std::vector<HeadRecord> heads;
};

/// A line of JSON, and back. Throws Error naming `origin`.
std::string to_line(const Record& record);
Record record_of(const std::string& line, const std::string& origin);

/// predictions.jsonl: {"settings": ...} and a line for each picture, in their order. Atomic.
void write_records(const fs::path& file,
                   const std::string& settings,
                   const std::vector<Record>& records);

/// What such a file holds; nothing if it isn't there. Throws Error (Exit::input) if it is damaged.
struct Records {
  std::string settings;
  std::vector<Record> records;
};
Records read_records(const fs::path& file);

}  // namespace troodon::apply
