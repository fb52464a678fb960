#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troodon::collection {

/// A file as it was when it was looked at; another state means: look again.
struct FileState {
  int64_t bytes = 0;
  int64_t modified_ns = 0;  ///< since 1970
  bool operator==(const FileState&) const = default;
};

/// What is known of a picture of a collection.
struct Picture {
  int64_t id = 0;  ///< from 1, in order of adding; a picture that was looked at again has a new one
  std::string path;  ///< below the collection's folder, with '/'
  FileState file;
  int64_t content_hash = 0;  ///< of the file: equal files, equal numbers
  int64_t difference = 0;    ///< fingerprint::dhash, its bits
  int width = 0, height = 0;
  std::string label;                           ///< "": none
  std::map<std::string, std::string> columns;  ///< what its file and a table say of it besides
};

/// Columns that come from the file itself (image::ExifNotes).
inline constexpr const char* kTakenColumn = "taken";
inline constexpr const char* kCameraColumn = "camera";

/// Patch tokens of unit length as 8-bit codes: token t is scale[t] * codes[t]. The grid covers the
/// whole picture.
struct TokenCodes {
  int rows = 0, columns = 0, dim = 0;  ///< rows 0: none are kept
  std::vector<float> scale;            ///< [rows * columns]
  std::vector<int8_t> codes;           ///< [rows * columns, dim]

  int tokens() const { return rows * columns; }
};

/// A picture and what the network sees in it.
struct Record {
  Picture picture;
  std::vector<float> vector;  ///< [dim], unit length: of the class token
  TokenCodes tokens;
};

/// A file that is no picture, or a damaged one: not looked at again before it changes.
struct Unreadable {
  std::string path;
  FileState file;
  std::string reason;
};

/// A picture and how like it is: the cosine.
struct Hit {
  int64_t id = 0;
  float score = 0;
};

}  // namespace troodon::collection
