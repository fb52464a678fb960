#pragma once

#include "collection/adding.hpp"
#include "data/source.hpp"

namespace troodon::collection {

/// A file's size and time; nullopt: there is none.
std::optional<FileState> state_of(const std::string& path);

/// What became of one file.
struct Looked {
  Record record;
  std::string reason;  ///< why it can't be read; "" if it can
};

/// Reads and looks at files, in order, and hands them over in groups of `commit` on a thread of its
/// own, so that the network doesn't wait for the disk. Stops early when told to; what was handed
/// over is stored by then. `keep` is called by one thread at a time.
void look_at(const AddOptions& options,
             const Settings& settings,
             const std::vector<std::string>& paths,
             infer::Embedder& embedder,
             const std::function<void(std::vector<Looked>)>& keep);

}  // namespace troodon::collection
