#pragma once

#include "troodon/interrupt.hpp"

namespace troodon {

/// Makes the first SIGINT or SIGTERM a request that long jobs poll; a second one ends the process
/// at once (files are written atomically, so nothing is damaged).
void catch_interrupts();

/// 130 after SIGINT or interrupt(), 143 after SIGTERM, 0 without either.
int interrupt_exit_code();

}  // namespace troodon
