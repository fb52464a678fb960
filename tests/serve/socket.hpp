#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace troodon::serve {

/// A client that sends what it likes.
class Socket {
 public:
  explicit Socket(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 10};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Socket() { ::close(socket_); }
  Socket(const Socket&) = delete;

  /// False: the server has closed.
  bool send(std::string_view text) {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  /// What comes until `end` is seen, or until the server closes.
  std::string receive(std::string_view end = "") {
    std::string text;
    char byte = 0;
    while (::recv(socket_, &byte, 1, 0) == 1) {
      text += byte;
      if (!end.empty() && text.ends_with(end)) break;
    }
    return text;
  }
  /// One reply with its body, by its Content-Length.
  std::string reply() {
    std::string text = receive("\r\n\r\n");
    const size_t place = text.find("Content-Length: ");
    size_t left = place == std::string::npos ? 0 : std::stoul(text.substr(place + 16));
    std::array<char, 65536> piece;
    while (left > 0) {
      const ssize_t count = ::recv(socket_, piece.data(), std::min(left, piece.size()), 0);
      if (count <= 0) break;
      text.append(piece.data(), static_cast<size_t>(count));
      left -= static_cast<size_t>(count);
    }
    return text;
  }

 private:
  int socket_;
};

/// "HTTP/1.1 404 ..." -> 404; 0: no reply.
inline int status_of(const std::string& reply) {
  return reply.size() < 12 ? 0 : std::stoi(reply.substr(9, 3));
}

}  // namespace troodon::serve
