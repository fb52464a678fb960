#include "datasets/place.hpp"

#include <sstream>

#include "base/error.hpp"

namespace troodon::datasets {

fs::path file_of(const fs::path& folder, const std::string& path, const fs::path& table) {
  for (const fs::path& root : {folder, fs::absolute(folder).lexically_normal().parent_path()}) {
    if (fs::exists(root / path)) return root / path;
  }
  // A folder written with a slash at its end is its own parent.
  const fs::path above = fs::absolute(folder / "..").lexically_normal();
  if (fs::exists(above / path)) return above / path;
  fail(Exit::input,
       "{}: names {}, which is neither in {} nor beside it",
       table.string(),
       path,
       folder.string());
}

data::Item picture_item(const fs::path& file, const fs::path& root) {
  return {.path = file.string(), .id = file.lexically_relative(root).generic_string()};
}

fs::path picture_named(const fs::path& folder, const std::string& stem) {
  for (const char* extension : {".jpg", ".png", ".jpeg", ".JPG", ".JPEG", ".webp", ".bmp"}) {
    const fs::path file = folder / (stem + extension);
    if (fs::exists(file)) return file;
  }
  fail(Exit::input, "{}: there is no picture named {} (.jpg, .png, ...)", folder.string(), stem);
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::istringstream text(read_text(file));
  std::vector<std::string> out;
  for (std::string line; std::getline(text, line);) {
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos) continue;
    out.push_back(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
  }
  return out;
}

}  // namespace troodon::datasets
