#pragma once

#include <optional>
#include <string>

#include "base/file.hpp"

namespace troodon::onnx {

/// A Python interpreter that has ONNX Runtime: the only way to it that needs no headers of its own.
struct Runtime {
  std::string python;
  std::string version;  ///< of ONNX Runtime
};

/// `named` if it isn't empty, else the environment's TROODON_PEER_PYTHON, else python3. Nothing if
/// the first of these that is set has no onnxruntime.
std::optional<Runtime> find_runtime(const std::string& named);

/// Runs a model on FOLDER/0.npy, 1.npy, ...; leaves FOLDER/0.OUTPUT.npy and so on for each output.
/// Says whether onnx was there too and its checker had nothing against the model. Throws Error
/// (exit 7) with the last line of what went wrong.
bool run_model(const Runtime& runtime, const fs::path& model, const fs::path& folder);

}  // namespace troodon::onnx
