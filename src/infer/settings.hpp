#pragma once

#include "data/source.hpp"
#include "infer/extract.hpp"
#include "infer/pipeline.hpp"
#include "store/results.hpp"

namespace troodon::infer {

/// Throws Error (exit 2) where options contradict each other.
void check_options(const ExtractOptions& options);

/// What is done with each picture, and where the rows go.
Pipeline pipeline_of(const ExtractOptions& options, const Embedder& embedder);
store::Destination destination_of(const ExtractOptions& options, const Pipeline& pipeline);

/// Bits that tell one model from another: XXH64 of the file, or of the files of a folder.
std::string model_hash(const fs::path& model);

/// Everything that one picture's features depend on, as JSON: rows of two results with the same
/// settings may be mixed.
std::string settings_of(const ExtractOptions& options,
                        const Embedder& embedder,
                        const Geometry& geometry);

/// Everything that the parts depend on: the settings, the pictures, and how they are grouped.
std::string signature_of(const std::string& settings,
                         const ExtractOptions& options,
                         const Pipeline& pipeline,
                         const data::Source& source);

}  // namespace troodon::infer
