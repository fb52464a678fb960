#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.hpp"

namespace troodon::zoo {

/// What the server says identifies a version of the file.
struct Version {
  std::string url, validator;  ///< a strong ETag, else the date of the last change, else ""
  int64_t total = -1;          ///< bytes of the whole file; -1: it didn't say
};

enum class Outcome {
  complete,     ///< the server sent everything
  cut,          ///< the connection failed, or the server is busy; worth another try
  refused,      ///< there is no such file, or it isn't ours to have
  interrupted,  ///< a signal
};

struct Transfer {
  Outcome outcome = Outcome::cut;
  std::string reason;  ///< in words, where it isn't complete
};

/// One request, from the end of the file at `part` on if `known` identifies what it is a part of,
/// else from the beginning. Bytes go to `part` as they come. `begins(version, at)` is told before
/// the first byte is written which version that is and where in it the bytes go (0: `part` is empty
/// now); `arrived` is told how many bytes came. Throws Error on a full disk.
Transfer transfer(const std::string& url,
                  const fs::path& part,
                  const Version& known,
                  const std::function<void(const Version&, int64_t at)>& begins,
                  const std::function<void(int64_t)>& arrived);

/// Whether this build can download: it was made with libcurl and OpenSSL.
bool can_fetch();

}  // namespace troodon::zoo
