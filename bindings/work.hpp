#pragma once

#include <nanobind/nanobind.h>
#include <signal.h>
#include <type_traits>
#include <unistd.h>

#include "troodon/error.hpp"
#include "troodon/interrupt.hpp"

namespace troodon::python {

namespace nb = nanobind;

/// Signals reach Python's main thread alone.
inline bool on_main_thread() {
  return ::getpid() == ::gettid();
}

/// While a call of Python's main thread runs, SIGINT also asks Troodon to stop; Python's own
/// handler is called as ever. Calls of other threads are left alone, as Python leaves them.
class CtrlC {
 public:
  CtrlC() {
    if (!on_main_thread()) return;
    clear_interrupt();
    ::sigaction(SIGINT, nullptr, &python());
    if (python().sa_handler == SIG_IGN || python().sa_handler == SIG_DFL) return;
    struct sigaction action = python();
    action.sa_handler = [](int signal) {
      interrupt();
      python().sa_handler(signal);
    };
    installed_ = ::sigaction(SIGINT, &action, nullptr) == 0;
  }
  ~CtrlC() {
    if (installed_) ::sigaction(SIGINT, &python(), nullptr);
    if (on_main_thread()) clear_interrupt();
  }
  CtrlC(const CtrlC&) = delete;
  CtrlC& operator=(const CtrlC&) = delete;

 private:
  /// What Python does on SIGINT. A signal handler can reach nothing but a global.
  static struct sigaction& python() {
    static struct sigaction action {};
    return action;
  }
  bool installed_ = false;
};

/// Runs work that needs no Python object without the GIL. Ctrl-C ends it at its next safe point
/// and becomes KeyboardInterrupt (or what the program's own handler does).
template <class Work>
auto without_gil(Work&& work) -> decltype(work()) {
  const auto heed_signals = [] {
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  };
  const auto run = [&] {
    const CtrlC ctrl_c;
    heed_signals();  // one that came before is known to Python alone
    const nb::gil_scoped_release release;
    return work();
  };
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      run();
      heed_signals();
    } else {
      auto result = run();
      heed_signals();
      return result;
    }
  } catch (const Error&) {
    heed_signals();
    throw;
  }
}

/// A member function as a binding that runs without_gil.
template <class Result, class Class, class... Args>
auto released(Result (Class::*method)(Args...)) {
  return [method](Class& self, Args... args) {
    return without_gil([&] { return (self.*method)(args...); });
  };
}
template <class Result, class Class, class... Args>
auto released(Result (Class::*method)(Args...) const) {
  return [method](const Class& self, Args... args) {
    return without_gil([&] { return (self.*method)(args...); });
  };
}

}  // namespace troodon::python
