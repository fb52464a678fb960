#include "base/disk.hpp"

#include <array>

#include "base/error.hpp"

namespace troodon {

void check_free_space(const fs::path& place, uint64_t bytes, std::string_view what) {
  std::error_code error;
  fs::path above = fs::absolute(place);
  while (!fs::exists(above, error) && above != above.parent_path()) above = above.parent_path();
  const fs::space_info space = fs::space(above, error);
  if (!error && space.available < bytes) {
    fail(Exit::resource,
         "{}: {} of disk, but {} has only {} free",
         what,
         size_text(bytes),
         above.string(),
         size_text(space.available));
  }
}

std::string size_text(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.3g} {}", value, kUnits[unit]);
}

}  // namespace troodon
