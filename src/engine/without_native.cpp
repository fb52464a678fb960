#ifndef TROODON_HAVE_AMX

#include "base/error.hpp"
#include "engine/native_engine.hpp"

namespace troodon::engine {

bool has_native() {
  return false;
}

std::unique_ptr<Engine> native_engine(Network, const EngineOptions&, std::function<Network()>) {
  fail(Exit::resource,
       "Troodon's own engine needs an x86-64 CPU with AMX tiles, under Linux; use another backend");
}

}  // namespace troodon::engine

#endif
