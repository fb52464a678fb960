#include "serve/http/body.hpp"

#include <gtest/gtest.h>

#include "serve/http/connection.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

struct Read {
  std::string body;
  int status = 0;  ///< of the problem
};

/// Reads a body from text that arrives three bytes at a time.
Read body_of(std::string text, int64_t announced, int64_t max_body = 100, int64_t budget = 1000) {
  Budget bytes(budget);
  Loan loan(bytes);
  const Source source = [&](char* to, size_t most) {
    const size_t count = std::min({most, text.size(), size_t{3}});
    text.copy(to, count);
    text.erase(0, count);
    return static_cast<ssize_t>(count);
  };
  try {
    return {read_body(source, announced, max_body, loan), 0};
  } catch (const Problem& problem) {
    return {"", problem.status};
  }
}

TEST(Body, IsReadToItsAnnouncedEnd) {
  EXPECT_EQ(body_of("hello, next", 5).body, "hello");
  EXPECT_EQ(body_of("hell", 5).status, 408);
  EXPECT_EQ(body_of("", 0).body, "");
}

TEST(Body, ChunksAreJoined) {
  EXPECT_EQ(body_of("5\r\nhello\r\nA;x=y\r\n, 23456789\r\n0\r\n\r\n", -1).body, "hello, 23456789");
  EXPECT_EQ(body_of("1\r\na\r\n0\r\nTrailer: x\r\n\r\n", -1).body, "a");
}

TEST(Body, BrokenOrEndlessChunksAreRefused) {
  EXPECT_EQ(body_of("65\r\n", -1).status, 413);
  EXPECT_EQ(body_of("FFFFFFFFFFFFFFFFFF\r\n", -1).status, 413);
  EXPECT_EQ(body_of("-5\r\nhello\r\n0\r\n\r\n", -1).status, 400);
  EXPECT_EQ(body_of("zz\r\n", -1).status, 400);
  EXPECT_EQ(body_of("\r\n", -1).status, 400);
  EXPECT_EQ(body_of("2\r\nhello\r\n0\r\n\r\n", -1).status, 400);
  EXPECT_EQ(body_of("5\r\nhel", -1).status, 408);
  EXPECT_EQ(body_of(std::string(1000, '1'), -1).status, 400);
  std::string many;
  for (int i = 0; i < 60; ++i) many += "2\r\nab\r\n";
  EXPECT_EQ(body_of(many, -1).status, 413) << "small chunks add up";
}

TEST(Body, AllBodiesTogetherKeepTheirBudget) {
  EXPECT_EQ(body_of("hello", 5, 100, 4).status, 503);
  Budget budget(10);
  {
    Loan first(budget);
    first.grow(10);
    Loan second(budget);
    EXPECT_THROW(second.grow(1), Problem);
  }
  EXPECT_TRUE(budget.take(10)) << "what was lent is back";
}

TEST(Head, WhatProxiesReadDifferentlyIsRefused) {
  EXPECT_EQ(head_complaint("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  EXPECT_NE(head_complaint("GET / HTTP/1.1\nHost: a\r\n\r\n"), "");
  EXPECT_NE(head_complaint("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), "");
  EXPECT_NE(head_complaint("GET / HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n"), "");
  EXPECT_NE(head_complaint("GET / HTTP/1.1\r\nno colon\r\n\r\n"), "");
  EXPECT_NE(head_complaint("GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n"), "");
  EXPECT_NE(head_complaint(std::string_view("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24)), "");
  EXPECT_EQ(without_ranges("GET /range: HTTP/1.1\r\nRANGE: bytes=0-\r\nHost: a\r\n\r\n"),
            "GET /range: HTTP/1.1\r\nHost: a\r\n\r\n");
}

}  // namespace
}  // namespace troodon::serve
