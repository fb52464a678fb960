#include "base/interrupt.hpp"

#include <atomic>
#include <signal.h>
#include <unistd.h>

namespace troodon {
namespace {

// A signal handler can reach nothing but a global.
std::atomic<int> caught = 0;
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int signal) {
  if (caught.exchange(signal) != 0) ::_exit(128 + signal);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void interrupt() {
  caught = SIGINT;
}

void clear_interrupt() {
  caught = 0;
}

bool interrupted() {
  return caught != 0;
}

int interrupt_exit_code() {
  return caught == 0 ? 0 : 128 + caught;
}

}  // namespace troodon
