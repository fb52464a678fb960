#include "zoo/transfer.hpp"

#include "base/error.hpp"

#ifdef TROODON_HAVE_CURL

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <curl/curl.h>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include "base/interrupt.hpp"

namespace troodon::zoo {
namespace {

struct Close {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One answer as it comes in.
struct Answer {
  CURL* curl;
  const fs::path& path;
  const Version& known;
  const std::function<void(const Version&, int64_t)>& begins;
  const std::function<void(int64_t)>& arrived;
  int fd = -1;
  long status = 0;
  std::string etag, modified, range;
  int64_t length = -1;
  bool started = false;
  bool stale = false;                  // it belongs to another version than the part that we have
  std::exception_ptr error = nullptr;  // curl is C: nothing may fly through it
};

int64_t number(std::string_view text) {
  int64_t value = -1;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc() && end == text.data() + text.size() ? value : -1;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

size_t on_header(char* data, size_t, size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::string_view line(data, count);
  if (line.starts_with("HTTP/")) {  // of a redirect before, or of the answer itself
    answer.etag = answer.modified = answer.range = "";
    answer.length = -1;
    return count;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  const std::string value(trimmed(line.substr(colon + 1)));
  if (name == "etag") answer.etag = value;
  if (name == "last-modified") answer.modified = value;
  if (name == "content-range") answer.range = value;
  if (name == "content-length") answer.length = number(value);
  return count;
}

/// What the headers say; a weak ETag promises too little for a resumed file.
Version version_of(const Answer& answer) {
  const bool strong = !answer.etag.empty() && !answer.etag.starts_with("W/");
  Version version{.url = answer.known.url,
                  .validator = strong ? answer.etag : answer.modified,
                  .total = answer.length};
  if (answer.status == 206)
    version.total = number(trimmed(answer.range.substr(answer.range.find('/') + 1)));
  return version;
}

/// "bytes 100-199/200" -> 100.
int64_t range_start(const std::string& range) {
  if (!range.starts_with("bytes ")) return -1;
  return number(range.substr(6, range.find('-') - 6));
}

void empty(const Answer& answer) {
  if (::ftruncate(answer.fd, 0) != 0 || ::lseek(answer.fd, 0, SEEK_SET) != 0)
    fail(Exit::resource, "{}: {}", answer.path.string(), std::strerror(errno));
}

/// Decides where the bytes go, before the first is written.
void start(Answer& answer) {
  const Version now = version_of(answer);
  const int64_t have = ::lseek(answer.fd, 0, SEEK_END);
  const bool rest = answer.status == 206;
  if (rest) {
    const bool named = now.validator.empty() || now.validator == answer.known.validator;
    answer.stale = !named || now.total != answer.known.total || range_start(answer.range) != have;
  }
  if (!rest || answer.stale) empty(answer);
  if (answer.stale) return;
  answer.begins(now, rest ? have : 0);
  answer.started = true;
}

void write_all(const Answer& answer, const char* data, size_t count) {
  for (size_t done = 0; done < count;) {
    const ssize_t put = ::write(answer.fd, data + done, count - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0)
      fail(Exit::resource,
           "{}: writing failed ({}); what has come is kept, repeat the command to go on",
           answer.path.string(),
           std::strerror(errno));
    done += static_cast<size_t>(put);
  }
}

struct Request {
  std::unique_ptr<CURL, Close> curl{curl_easy_init()};
  std::unique_ptr<curl_slist, Close> headers;
};

size_t on_data(char* data, size_t, size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  curl_easy_getinfo(answer.curl, CURLINFO_RESPONSE_CODE, &answer.status);
  if (answer.status / 100 != 2) return count;  // the page that explains an error
  try {
    if (!answer.started) start(answer);
    if (answer.stale) return 0;  // ends the transfer
    write_all(answer, data, count);
    answer.arrived(static_cast<int64_t>(count));
    return count;
  } catch (...) {
    answer.error = std::current_exception();
    return 0;
  }
}

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return interrupted() ? 1 : 0;
}

void set_up(Request& request, const std::string& url, int64_t have, const Version& known) {
  CURL* curl = request.curl.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "troodon/" TROODON_VERSION);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  // What began encrypted stays so.
  curl_easy_setopt(
      curl, CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https") ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  if (have == 0) return;
  curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", have).c_str());
  const std::string condition = "If-Range: " + known.validator;
  request.headers.reset(curl_slist_append(nullptr, condition.c_str()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request.headers.get());
}

Transfer judge(CURLcode code, const Answer& answer, const std::string& words) {
  if (interrupted()) return {Outcome::interrupted, "stopped"};
  if (answer.error) std::rethrow_exception(answer.error);
  if (answer.stale) return {Outcome::cut, "the server has another file now"};
  const long status = answer.status;
  const bool busy = status == 408 || status == 425 || status == 429 || status >= 500;
  if (status >= 300) {
    return {busy ? Outcome::cut : Outcome::refused, fmt::format("the server answers {}", status)};
  }
  if (code == CURLE_OK) return {Outcome::complete, ""};
  const bool hopeless = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
                        code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_TOO_MANY_REDIRECTS;
  return {hopeless ? Outcome::refused : Outcome::cut,
          words.empty() ? curl_easy_strerror(code) : words};
}

}  // namespace

Transfer transfer(const std::string& url,
                  const fs::path& part,
                  const Version& known,
                  const std::function<void(const Version&, int64_t)>& begins,
                  const std::function<void(int64_t)>& arrived) {
  Request request;
  CURL* curl = request.curl.get();
  Answer answer{.curl = curl, .path = part, .known = known, .begins = begins, .arrived = arrived};
  answer.fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (answer.fd < 0)
    fail(Exit::resource, "{}: cannot be written ({})", part.string(), std::strerror(errno));
  const std::unique_ptr<int, void (*)(int*)> closing(&answer.fd, [](int* fd) { ::close(*fd); });
  const int64_t have = known.validator.empty() ? 0 : ::lseek(answer.fd, 0, SEEK_END);
  set_up(request, url, have, known);
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  if (answer.status == 416 && have > 0) {
    // Nothing is left to send of this version, or it is another one: begin anew next time.
    const bool whole = have == known.total && answer.range == fmt::format("bytes */{}", have);
    if (whole) return {Outcome::complete, ""};
    empty(answer);
    return {Outcome::cut, "the server has another file now"};
  }
  if (code == CURLE_OK && answer.status == 200 && !answer.started) start(answer);  // no byte came
  const Transfer out = judge(code, answer, words);
  if (::fsync(answer.fd) != 0)
    fail(Exit::resource, "{}: fsync failed ({})", part.string(), std::strerror(errno));
  return out;
}

bool can_fetch() {
  return true;
}

}  // namespace troodon::zoo

#else

namespace troodon::zoo {

Transfer transfer(const std::string& url,
                  const fs::path&,
                  const Version&,
                  const std::function<void(const Version&, int64_t)>&,
                  const std::function<void(int64_t)>&) {
  fail("this build cannot download (it has no libcurl): bring {} here by other means", url);
}

bool can_fetch() {
  return false;
}

}  // namespace troodon::zoo

#endif
