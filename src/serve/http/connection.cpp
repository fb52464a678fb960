#include "serve/http/connection.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troodon::serve {
namespace {

constexpr size_t kMaxHead = 16 << 10;  // bytes
constexpr double kSlowest = 64 << 10;  // bytes a second that a reader must take
constexpr auto kLinger = std::chrono::seconds(2);

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

/// Waits for an event; false: none until then.
bool wait_for(int socket, short event, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd entry{socket, event, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 3'600'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool same_name(std::string_view line, std::string_view name) {
  return line.size() >= name.size() &&
         std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

}  // namespace

std::string head_complaint(std::string_view head) {
  if (head.find('\0') != std::string_view::npos) return "a zero byte in the head";
  bool first = true;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    if (!line.ends_with('\r')) return "a line of the head does not end with CR LF";
    if (line.find('\r') + 1 != line.size()) return "a carriage return within a line of the head";
    if (!first && line.size() > 1) {
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) return "a line of the head has no colon";
      if (line.substr(0, colon).find_first_of(" \t") != std::string_view::npos) {
        return "a space in a field's name";
      }
    }
    first = false;
  }
  return "";
}

std::string without_ranges(std::string_view head) {
  std::string kept;
  while (!head.empty()) {
    const size_t end = std::min(head.find('\n'), head.size() - 1) + 1;
    if (!same_name(head, "range:")) kept += head.substr(0, end);
    head.remove_prefix(end);
  }
  return kept;
}

Connection::~Connection() {
  ::shutdown(socket_, SHUT_WR);
  // Closing with bytes unread resets the connection, and the peer may lose our reply.
  std::array<char, 16 << 10> scrap;
  const auto until = Clock::now() + kLinger;
  while (Clock::now() < until && receive(scrap.data(), scrap.size(), until) > 0) {
  }
  ::close(socket_);
}

ssize_t Connection::receive(char* to, size_t bytes, Clock::time_point until) {
  while (true) {
    const ssize_t count = ::recv(socket_, to, bytes, MSG_DONTWAIT);
    if (count >= 0) return count;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
    if (!wait_for(socket_, POLLIN, until)) return -1;
  }
}

Connection::Head Connection::fill_head(Clock::time_point until) {
  size_t seen = 0;
  while (true) {
    const size_t end = buffer_.find("\r\n\r\n", seen);
    if (end != std::string::npos) {
      const std::string_view head = std::string_view(buffer_).substr(0, end + 4);
      if (head.size() > kMaxHead) return Head::large;
      if (!head_complaint(head).empty()) return Head::broken;
      buffer_ = without_ranges(head) + buffer_.substr(end + 4);
      return Head::ready;
    }
    if (buffer_.size() > kMaxHead) return Head::large;
    seen = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    std::array<char, 4096> piece;
    const ssize_t count = receive(piece.data(), piece.size(), until);
    if (count <= 0) return count == 0 ? Head::closed : Head::late;
    buffer_.append(piece.data(), static_cast<size_t>(count));
  }
}

Connection::Head Connection::read_head(const Times& times) {
  buffer_.erase(0, place_);
  place_ = 0;
  waiting_since_ = Clock::now();
  waiting_ = true;
  if (buffer_.empty()) {
    if (!wait_for(socket_, POLLIN, Clock::now() + seconds(times.keep_alive))) return Head::closed;
  }
  started_ = Clock::now();
  deadline_ = started_ + seconds(times.whole);
  const Head head = fill_head(started_ + seconds(std::min(times.head, times.whole)));
  waiting_ = false;
  return head;
}

ssize_t Connection::read(char* to, size_t bytes) {
  if (place_ < buffer_.size()) {
    const size_t count = std::min(bytes, buffer_.size() - place_);
    std::copy_n(buffer_.data() + place_, count, to);
    place_ += count;
    return static_cast<ssize_t>(count);
  }
  return receive(to, bytes, deadline_);
}

bool Connection::write(std::string_view text) {
  const auto until = Clock::now() + seconds(10 + static_cast<double>(text.size()) / kSlowest);
  while (!text.empty()) {
    const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(socket_, POLLOUT, until)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool Connection::gone() const {
  char byte = 0;
  const ssize_t count = ::recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void Connection::cut() {
  ::shutdown(socket_, SHUT_RDWR);
}

std::string Connection::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  const void* number =
      address.ss_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(&address)->sin_addr)
          : &reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr;
  inet_ntop(address.ss_family, number, text.data(), text.size());
  return text.data();
}

}  // namespace troodon::serve
