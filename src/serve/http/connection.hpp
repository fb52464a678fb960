#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "serve/http/message.hpp"

namespace troodon::serve {

/// What is wrong with a request's head as a proxy might read it otherwise: bare line feeds, folded
/// lines, a space before a colon, zero bytes; "" if nothing is. `head` ends with an empty line.
std::string head_complaint(std::string_view head);

/// The head without its Range fields: replies are whole.
std::string without_ranges(std::string_view head);

/// An accepted socket with deadlines on whole messages, not on single reads. One thread uses it;
/// cut() and the states may be called from others.
class Connection {
 public:
  struct Times {
    double keep_alive, head, whole;  ///< seconds: until the first byte, for the head, for all
  };

  explicit Connection(int socket) : socket_(socket) {}
  ~Connection();  ///< lets the peer read what was sent, then closes
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Head { ready, closed, late, large, broken };
  /// Waits for the next request and takes in its head.
  Head read_head(const Times& times);
  /// Bytes of the head, then of the body, until the deadline; 0: closed, -1: late.
  ssize_t read(char* to, size_t bytes);
  /// All of it; false: the peer has gone, or takes less than 64 KiB a second.
  bool write(std::string_view text);
  /// The peer has closed.
  bool gone() const;
  /// Ends all reading and writing, now.
  void cut();

  std::string peer() const;  ///< its address
  int socket() const { return socket_; }
  Clock::time_point started() const { return started_; }    ///< the request's first byte
  Clock::time_point deadline() const { return deadline_; }  ///< of the request
  bool is_waiting() const { return waiting_; }              ///< for a request's head to be complete
  Clock::time_point waiting_since() const { return waiting_since_; }

 private:
  Head fill_head(Clock::time_point until);
  ssize_t receive(char* to, size_t bytes, Clock::time_point until);

  int socket_;
  std::string buffer_;  // received, from place_ on not yet read
  size_t place_ = 0;
  Clock::time_point started_, deadline_;
  std::atomic<bool> waiting_ = true;
  std::atomic<Clock::time_point> waiting_since_ = Clock::now();
};

}  // namespace troodon::serve
