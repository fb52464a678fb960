#include "serve/http/counters.hpp"

#include "serve/http/problem.hpp"

namespace troodon::serve {

Place::Place(Counter& counter, std::string client, const char* what)
    : counter_(counter), client_(std::move(client)) {
  const Counter::Verdict verdict = counter_.take(client_);
  if (verdict == Counter::Verdict::full) {
    throw Problem(503, fmt::format("too many {} are under way; ask again", what), 1);
  }
  if (verdict == Counter::Verdict::client_full) {
    throw Problem(429, fmt::format("too many {} of yours are under way; ask again", what), 1);
  }
}

}  // namespace troodon::serve
