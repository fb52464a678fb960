#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace troodon::serve {

/// How many things of a kind are under way, in all and of each client.
class Counter {
 public:
  enum class Verdict { taken, full, client_full };
  Counter(int all, int each) : all_(all), each_(each) {}

  Verdict take(const std::string& client) {
    const std::lock_guard lock(mutex_);
    if (count_ >= all_) return Verdict::full;
    int& own = clients_[client];
    if (own >= each_) return Verdict::client_full;
    ++own;
    ++count_;
    return Verdict::taken;
  }
  void give(const std::string& client) {
    const std::lock_guard lock(mutex_);
    --count_;
    if (--clients_[client] == 0) clients_.erase(client);
  }
  int count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  int all_, each_, count_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, int> clients_;
};

/// A place in a counter, given back at the end.
class Place {
 public:
  /// Throws Problem: 503 all are taken, 429 the client has its share.
  Place(Counter& counter, std::string client, const char* what);
  ~Place() { counter_.give(client_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Counter& counter_;
  std::string client_;
};

/// Bytes that all bodies under way may take together.
class Budget {
 public:
  explicit Budget(int64_t bytes) : left_(bytes) {}
  bool take(int64_t bytes);
  void give(int64_t bytes) { left_ += bytes; }

 private:
  std::atomic<int64_t> left_;
};

/// What one body took, given back at the end.
class Loan {
 public:
  explicit Loan(Budget& budget) : budget_(budget) {}
  ~Loan() { budget_.give(bytes_); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  /// Throws Problem 503 if there is not so much.
  void grow(int64_t bytes);

 private:
  Budget& budget_;
  int64_t bytes_ = 0;
};

}  // namespace troodon::serve
