#include "zoo/fetch.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/place.hpp"
#include "base/tensor_file.hpp"
#include "zoo/cache.hpp"
#include "zoo/digest.hpp"
#include "zoo/names.hpp"
#include "zoo/transfer.hpp"

namespace troodon::zoo {
namespace {

fs::path beside(const fs::path& path, const char* suffix) {
  return fs::path(path.string() + suffix);
}

int64_t bytes_of_file(const fs::path& path) {
  std::error_code missing;
  const auto size = fs::file_size(path, missing);
  return missing ? 0 : static_cast<int64_t>(size);
}

/// What the part lying there is a part of; without a validator if that isn't known.
Version read_version(const fs::path& record, const std::string& url) {
  const Version unknown{.url = url};
  if (!fs::exists(record)) return unknown;
  const auto json = nlohmann::json::parse(read_text(record), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("url", "") != url) return unknown;
  return {.url = url, .validator = json.value("validator", ""), .total = json.value("total", -1L)};
}

void write_version(const fs::path& record, const Version& version) {
  write_atomically(
      record,
      nlohmann::json{
          {"url", version.url}, {"validator", version.validator}, {"total", version.total}}
          .dump());
}

/// Two calls must not write the same part; the lock goes with the process. An empty part goes too.
class Lock {
 public:
  explicit Lock(const fs::path& part)
      : part_(part), fd_(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0)
      fail(Exit::resource, "{}: cannot be written ({})", part.string(), std::strerror(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      fail("{}: another call is fetching this file; wait for it or stop it", part.string());
    }
  }
  ~Lock() {
    std::error_code ignored;
    if (bytes_of_file(part_) == 0) fs::remove(part_, ignored);
    ::close(fd_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  fs::path part_;
  int fd_;
};

void check_sizes(const FetchOptions& options, const Version& version, int64_t at) {
  if (version.total < 0) return;
  if (version.total < options.min_bytes) {
    fail(Exit::mismatch,
         "{}: the server's file has {} bytes, but its weights need at least {}; this is not that "
         "file",
         options.url,
         version.total,
         options.min_bytes);
  }
  const auto space = fs::space(options.to.has_parent_path() ? options.to.parent_path() : ".");
  if (static_cast<int64_t>(space.available) < version.total - at) {
    fail(Exit::resource,
         "{}: {} are still to come, but only {} are free there",
         options.to.string(),
         megabytes_text(version.total - at),
         megabytes_text(static_cast<int64_t>(space.available)));
  }
}

void pause(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end && !interrupted())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

/// The files of one fetch.
struct Paths {
  fs::path part, record;
};

/// One request; counts its bytes into a progress line.
Transfer one_request(const FetchOptions& options, const Paths& paths) {
  const Version known = read_version(paths.record, options.url);
  std::unique_ptr<Progress> progress;
  int64_t have = 0;
  const auto begins = [&](const Version& version, int64_t at) {
    check_sizes(options, version, at);
    if (at == 0) write_version(paths.record, version);
    have = at;
    progress = std::make_unique<Progress>(
        options.to.filename().string() + " (MB)",
        static_cast<size_t>(std::max<int64_t>(version.total, 0)) / 1'000'000,
        options.progress);
    progress->start_at(static_cast<size_t>(at) / 1'000'000);
  };
  const auto arrived = [&](int64_t count) {
    progress->advance(static_cast<size_t>((have + count) / 1'000'000 - have / 1'000'000));
    have += count;
  };
  return transfer(options.url, paths.part, known, begins, arrived);
}

/// Requests until the part is whole. False: a signal.
bool download(const FetchOptions& options, const Paths& paths) {
  int64_t most = bytes_of_file(paths.part);
  for (int tries = 0; !interrupted();) {
    const Transfer done = one_request(options, paths);
    if (done.outcome == Outcome::complete) return true;
    if (done.outcome == Outcome::interrupted) return false;
    if (done.outcome == Outcome::refused) fail(Exit::input, "{}: {}", options.url, done.reason);
    const int64_t have = bytes_of_file(paths.part);
    tries = have > most ? 0 : tries + 1;  // a server that always breaks off must not hold us
    most = std::max(most, have);
    if (tries > options.retries)
      fail("{}: {}; what has come is kept, repeat the command to go on", options.url, done.reason);
    const double seconds = std::min(0.5 * static_cast<double>(1 << std::min(tries, 6)), 30.0);
    log_warning("{}; next try in {:.3g} s", done.reason, seconds);
    pause(seconds);
  }
  return false;
}

/// The part has every byte that it should, and they are the right ones; returns its SHA-256. A part
/// that fails is removed: going on from it would never end well.
std::string check_part(const FetchOptions& options, const Paths& paths) {
  const auto reject = [&](const std::string& why) {
    fs::remove(paths.part);
    fs::remove(paths.record);
    fail(Exit::mismatch, "{}: {}; nothing was kept", options.url, why);
  };
  const int64_t bytes = bytes_of_file(paths.part);
  const int64_t total = read_version(paths.record, options.url).total;
  if (total >= 0 && bytes != total)
    reject(fmt::format("{} bytes came of the {} announced", bytes, total));
  if (bytes < options.min_bytes)
    reject(fmt::format("{} bytes came, its weights need {}", bytes, options.min_bytes));
  const std::string digest = sha256_of_file(paths.part);
  const std::string named = digest_in_name(options.to.filename().string());
  if (!options.sha256.empty() && digest != options.sha256)
    reject(fmt::format("its SHA-256 is {}, wanted {}", digest, options.sha256));
  if (!digest.starts_with(named))
    reject(fmt::format("its SHA-256 is {}, but its name promises {}", digest, named));
  try {
    if (options.check) options.check(paths.part);
  } catch (const Error& error) {
    reject(error.what());
  }
  return digest;
}

/// A file that is there already: right, or an Error.
Fetched present(const FetchOptions& options) {
  std::error_code ignored;
  fs::remove(beside(options.to, ".part.json"), ignored);  // a kill just before the end leaves it
  Fetched out{.bytes = bytes_of_file(options.to), .present = true};
  out.sha256 = sha256_of_file(options.to);
  if (!options.sha256.empty() && out.sha256 != options.sha256) {
    fail(Exit::mismatch,
         "{}: is there already, but its SHA-256 is {}, wanted {}; remove it to fetch it again",
         options.to.string(),
         out.sha256,
         options.sha256);
  }
  return out;
}

}  // namespace

std::vector<FetchOptions> downloads_of(const std::string& name,
                                       const std::string& mirror,
                                       const fs::path& out) {
  const Caches known = caches();
  const fs::path folder = out.empty() ? known.torch_hub : out;
  if (name.starts_with("http://") || name.starts_with("https://")) {
    const std::string path = name.substr(0, name.find_first_of("?#"));
    const std::string file = path.substr(path.rfind('/') + 1);
    if (file.empty()) fail(Exit::usage, "{}: this address names no file", name);
    return {{.url = name, .to = folder / file}};
  }
  const auto model = released(name);
  if (!model) {
    fail(Exit::usage,
         "no released model is called '{}' (closest: '{}')",
         name,
         closest(name, released_names()));
  }
  std::string address = mirror.empty() ? kOfficialAddress : mirror;
  if (!address.ends_with('/')) address += '/';
  if (!address.starts_with("http://") && !address.starts_with("https://"))
    fail(Exit::usage, "{}: a mirror's address begins with http:// or https://", mirror);
  std::vector<FetchOptions> all;
  for (const ReleasedFile& file : model->files) {
    const auto there = out.empty() ? find_file(file, known) : std::nullopt;
    all.push_back({.url = address + file.folder + "/" + file.name,
                   .to = there.value_or(folder / file.name),
                   .min_bytes = file.tensor_bytes});
  }
  return all;
}

std::string digest_in_name(const std::string& file_name) {
  constexpr size_t kLeast = 8;
  const size_t dash = file_name.rfind('-'), dot = file_name.find('.', dash + 1);
  if (dash == std::string::npos || dot == std::string::npos || dot - dash - 1 < kLeast) return "";
  const std::string digits = file_name.substr(dash + 1, dot - dash - 1);
  return digits.find_first_not_of("0123456789abcdef") == std::string::npos ? digits : "";
}

Fetched fetch(const FetchOptions& options) {
  if (fs::exists(options.to)) return present(options);
  if (!can_fetch())
    fail("this build cannot download (it has no libcurl): bring {} to {} by other means",
         options.url,
         options.to.string());
  if (options.to.has_parent_path()) make_folders(options.to.parent_path());
  const Paths paths{.part = beside(options.to, ".part"),
                    .record = beside(options.to, ".part.json")};
  const Lock lock(paths.part);
  Fetched out{.resumed_at = bytes_of_file(paths.part)};
  const Version known = read_version(paths.record, options.url);
  if (known.validator.empty()) out.resumed_at = 0;
  const bool whole = known.total > 0 && out.resumed_at == known.total;
  if (!whole && !download(options, paths)) {
    out.interrupted = true;
    out.bytes = bytes_of_file(paths.part);
    return out;
  }
  out.sha256 = check_part(options, paths);
  out.bytes = bytes_of_file(paths.part);
  exchange(paths.part, options.to);
  fs::remove(paths.record);
  return out;
}

}  // namespace troodon::zoo
