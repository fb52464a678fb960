#pragma once

#include <mutex>
#include <set>

#include "serve/http/connection.hpp"

namespace troodon::serve {

/// The connections that are open, so that they can be cut from another thread.
class OpenConnections {
 public:
  void add(Connection* connection);
  void remove(Connection* connection);
  size_t count() const;

  void cut_all();
  /// Those that wait for their next request.
  void cut_waiting();
  /// The one that waits longest, if it does so for a second. False: there is none.
  bool cut_oldest();

 private:
  mutable std::mutex mutex_;
  std::set<Connection*> open_;
};

}  // namespace troodon::serve
