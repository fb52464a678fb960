#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/progress.hpp"

namespace troodon::zoo {

struct FetchOptions {
  std::string url;        ///< http or https
  fs::path to;            ///< the file; TO.part and TO.part.json lie beside it meanwhile
  std::string sha256;     ///< 64 hex digits that the file must have; "": unknown
  int64_t min_bytes = 0;  ///< what its tensors need at least
  int retries = 6;        ///< so often without a byte of progress; pauses of 0.5, 1, 2, ... s
  ProgressStyle progress = ProgressStyle::automatic;
  /// Opens the complete file before it gets its name; throws Error if it is not what it should be.
  std::function<void(const fs::path&)> check;
};

struct Fetched {
  int64_t bytes = 0;
  int64_t resumed_at = 0;    ///< bytes that an earlier, interrupted call had brought
  std::string sha256;        ///< of the file
  bool present = false;      ///< it was there already; nothing was downloaded
  bool interrupted = false;  ///< stopped by a signal; the part is kept
};

/// Brings a file from the web to its place. What an interrupted or killed call has brought is used
/// again if the server still has the same file (If-Range with its ETag or date), else the download
/// begins anew. The complete file is checked (its length as the server said, the digest given and
/// the one that torch hub style names carry, `check`), synced and renamed. Proxies: the
/// environment's. Throws Error: 1 the network failed, 4 the server has no such file, 6 disk, 7 a
/// check failed.
Fetched fetch(const FetchOptions& options);

/// What is to be fetched for a released name (its backbone, its head) or for one http(s) address,
/// into the folder `out`, or where it already lies in a cache, else torch hub's. mirror: an address
/// with the official folders and names below it; "": the official one. Throws Error (exit 2) on
/// unknown names.
std::vector<FetchOptions> downloads_of(const std::string& name,
                                       const std::string& mirror,
                                       const fs::path& out);

/// "weights-1a2b3c4d.pth" -> "1a2b3c4d": the first digits of the SHA-256, as torch hub names files.
std::string digest_in_name(const std::string& file_name);

}  // namespace troodon::zoo
