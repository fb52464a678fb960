#pragma once

#include "troodon/export.hpp"

namespace troodon {

/// Asks the calls that are running to stop at their next safe point: a training run after its step
/// and with a checkpoint, features after a batch (both can be resumed), Embedder with an Error of
/// exit code 130. Holds until clear_interrupt(). May be called from a signal handler.
TROODON_API void interrupt();

/// True after interrupt(), or after a signal that the program `troodon` caught.
TROODON_API bool interrupted();

TROODON_API void clear_interrupt();

}  // namespace troodon
