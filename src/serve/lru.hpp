#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace troodon::serve {

/// Keeps the values last used, by key, up to so many bytes together. Safe from any thread; a value
/// may be made twice when two threads miss it at once.
template <class Value>
class Lru {
 public:
  explicit Lru(size_t bytes) : limit_(bytes) {}

  std::shared_ptr<const Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  /// Keeps a value that takes so many bytes; one larger than the limit is only handed back.
  std::shared_ptr<const Value> keep(const std::string& key, Value value, size_t bytes) {
    auto shared = std::make_shared<const Value>(std::move(value));
    const std::lock_guard lock(mutex_);
    if (bytes > limit_ || places_.count(key) != 0) return shared;
    entries_.push_front({key, shared, bytes});
    places_[key] = entries_.begin();
    bytes_ += bytes;
    while (bytes_ > limit_) {
      bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
    return shared;
  }

  size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    size_t bytes;
  };
  size_t limit_, bytes_ = 0;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the last used first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> places_;
};

}  // namespace troodon::serve
