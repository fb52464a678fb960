#pragma once

#include "verbs.hpp"

namespace troodon::cli {

// Verbs below `troodon head`, one file each.
void add_head_train(CLI::App& head, int& status);
void add_head_predict(CLI::App& head, int& status);
void add_head_info(CLI::App& head, int& status);

}  // namespace troodon::cli
