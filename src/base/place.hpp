#pragma once

#include "base/file.hpp"

namespace troodon {

/// Makes a folder and those above it. Throws Error (exit 6) naming it if it cannot be made or
/// written.
void make_folders(const fs::path& path);

/// Gives `from` the name `to` and returns true if something was there, file or folder: that is at
/// `from` then. At no moment is there nothing at `to`, except on file systems that cannot exchange
/// two names (then for the time of a rename). Throws Error (exit 6).
bool exchange(const fs::path& from, const fs::path& to);

/// Gives back the memory that a part of a MappedFile takes; whoever looks again gets it from the
/// file again. For readers that go through a large file piece by piece.
void release_pages(std::span<const std::byte> part);

}  // namespace troodon
