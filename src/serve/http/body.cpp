#include "serve/http/body.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

constexpr size_t kPiece = 64 << 10;  // bytes read at once
constexpr size_t kLine = 256;        // of a chunk's head or a trailer

/// Appends exactly so many bytes.
void append(const Source& source, int64_t bytes, std::string& body, Loan& loan) {
  std::array<char, kPiece> piece;
  while (bytes > 0) {
    const ssize_t count =
        source(piece.data(), static_cast<size_t>(std::min<int64_t>(bytes, kPiece)));
    if (count <= 0) refuse(408, "the body stopped before its end");
    loan.grow(count);
    body.append(piece.data(), static_cast<size_t>(count));
    bytes -= count;
  }
}

/// A line without its CRLF.
std::string line(const Source& source) {
  std::string text;
  char c = 0;
  while (!text.ends_with("\r\n")) {
    if (source(&c, 1) <= 0) refuse(408, "the body stopped before its end");
    text += c;
    if (text.size() > kLine) refuse(400, "a chunk's head is too long");
  }
  text.resize(text.size() - 2);
  return text;
}

int64_t chunk_size(const std::string& head) {
  const std::string digits = head.substr(0, head.find(';'));
  int64_t size = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (error == std::errc::result_out_of_range) return INT64_MAX;
  if (error != std::errc() || size < 0 || end != digits.data() + digits.size()) {
    refuse(400, "a chunk's size is not a hexadecimal number");
  }
  return size;
}

std::string read_chunks(const Source& source, int64_t max_body, Loan& loan) {
  std::string body;
  for (int64_t size = chunk_size(line(source)); size > 0; size = chunk_size(line(source))) {
    if (size > max_body - static_cast<int64_t>(body.size())) {
      refuse(413, "the body is larger than {} bytes (--max-body)", max_body);
    }
    append(source, size, body, loan);
    if (!line(source).empty()) refuse(400, "a chunk is longer than its size");
  }
  for (int trailers = 0; !line(source).empty(); ++trailers) {
    if (trailers > 16) refuse(400, "too many trailers");
  }
  return body;
}

}  // namespace

std::string read_body(const Source& source, int64_t announced, int64_t max_body, Loan& loan) {
  if (announced < 0) return read_chunks(source, max_body, loan);
  std::string body;
  append(source, announced, body, loan);
  return body;
}

}  // namespace troodon::serve
