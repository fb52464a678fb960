#pragma once

#include <exception>
#include <new>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/progress.hpp"

namespace troodon::api {

/// Runs the body of a public call: what the rooms or LibTorch throw leaves as Error.
template <class Body>
auto call(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    fail(Exit::resource, "out of memory; use a smaller batch or a smaller size");
  } catch (const std::exception& error) {
    const std::string text = error.what();
    fail("{}", text.substr(0, text.find('\n')));  // LibTorch adds a backtrace below
  }
}

/// A library is silent, but for warnings, unless its caller asks for progress.
inline ProgressStyle speak(bool progress) {
  set_log_level(progress ? LogLevel::info : LogLevel::warning);
  return progress ? ProgressStyle::automatic : ProgressStyle::none;
}

}  // namespace troodon::api
