#include "serve/http/limits.hpp"

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

bool Budget::take(int64_t bytes) {
  if (left_.fetch_sub(bytes) >= bytes) return true;
  left_ += bytes;
  return false;
}

void Loan::grow(int64_t bytes) {
  if (!budget_.take(bytes)) throw Problem(503, "too many bodies are on their way; ask again", 1);
  bytes_ += bytes;
}

}  // namespace troodon::serve
