#ifndef TROODON_HAVE_OPENVINO

#include "base/error.hpp"
#include "engine/openvino_engine.hpp"

namespace troodon::engine {

bool has_openvino() {
  return false;
}

std::unique_ptr<Engine> openvino_engine(Network, const EngineOptions&, int64_t, int64_t) {
  fail(Exit::resource,
       "OpenVINO is not built in; run `make setup && make build`, or use the torch backend");
}

}  // namespace troodon::engine

#endif
