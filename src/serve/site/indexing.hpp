#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "collection/adding.hpp"
#include "search/searcher.hpp"
#include "serve/http/message.hpp"

namespace troodon::serve {

/// How far the look for new pictures is.
struct IndexState {
  bool scanning = false;
  int64_t done = 0, total = 0;  ///< pictures of this run
  double per_second = 0, eta_seconds = 0;
  int64_t pictures = 0;  ///< that can be found
  int64_t version = 0;   ///< of the collection that searches see
  std::string trouble;   ///< why the last run ended early; "": it did not
};

/// Keeps what is searched abreast of the folder and the store, on a thread of its own.
class Indexing {
 public:
  Indexing(const collection::AddOptions& options,
           std::shared_ptr<collection::Store> store,
           search::Searcher& searcher);
  ~Indexing();
  Indexing(const Indexing&) = delete;
  Indexing& operator=(const Indexing&) = delete;

  /// Looks for new, changed and vanished files soon; one run at a time.
  void ask();
  IndexState state() const;
  /// Grows whenever the state changes.
  uint64_t changes() const;

 private:
  void work(const std::stop_token& stop);
  void run(const std::stop_token& stop);
  /// Lets searches see what the store knows by now.
  void refresh();
  void update(const std::function<void(IndexState&)>& change);

  collection::AddOptions options_;
  std::shared_ptr<collection::Store> store_;
  search::Searcher& searcher_;
  mutable std::mutex mutex_;
  std::condition_variable_any asked_;
  bool wanted_ = false;
  uint64_t changes_ = 0;
  IndexState state_;
  std::jthread thread_;
};

}  // namespace troodon::serve
