#include "troodon/troodon.hpp"

namespace troodon {

const char* version() {
  return TROODON_VERSION;
}

}  // namespace troodon
