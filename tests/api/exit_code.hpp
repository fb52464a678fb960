#pragma once

#include "troodon/error.hpp"

namespace troodon {

/// The exit code of what a call throws; Exit::ok where it throws nothing.
template <class Body>
Exit code_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  return Exit::ok;
}

}  // namespace troodon
