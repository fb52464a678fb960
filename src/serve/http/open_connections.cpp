#include "serve/http/open_connections.hpp"

#include <chrono>

namespace troodon::serve {

void OpenConnections::add(Connection* connection) {
  const std::lock_guard lock(mutex_);
  open_.insert(connection);
}

void OpenConnections::remove(Connection* connection) {
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
}

size_t OpenConnections::count() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void OpenConnections::cut_all() {
  const std::lock_guard lock(mutex_);
  for (Connection* connection : open_) connection->cut();
}

void OpenConnections::cut_waiting() {
  const std::lock_guard lock(mutex_);
  for (Connection* connection : open_) {
    if (connection->is_waiting()) connection->cut();
  }
}

bool OpenConnections::cut_oldest() {
  const std::lock_guard lock(mutex_);
  Connection* oldest = nullptr;
  for (Connection* connection : open_) {
    if (!connection->is_waiting()) continue;
    if (oldest == nullptr || connection->waiting_since() < oldest->waiting_since()) {
      oldest = connection;
    }
  }
  const auto before = Clock::now() - std::chrono::seconds(1);
  if (oldest == nullptr || oldest->waiting_since() > before) return false;
  oldest->cut();
  open_.erase(oldest);  // not twice
  return true;
}

}  // namespace troodon::serve
