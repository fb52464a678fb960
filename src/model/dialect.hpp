#pragma once

#include "model/checkpoint.hpp"

namespace troodon::model {

/// Whose names, and whose layout, a backbone's tensors have.
enum class Dialect { official, hugging_face, timm };

/// By name, "official", "huggingface" or "timm"; throws Error (exit 2) that lists them.
Dialect dialect_named(const std::string& name);
std::string name_of(Dialect dialect);

/// What the tensors' names and shapes tell.
Dialect dialect_of(const StateDict& backbone);

/// The same weights under official names. Hugging Face stores query, key and value (and in newer
/// files the halves of w12) apart, and a classifier beside the backbone, which is dropped. timm has
/// no mask token (zeros take its place), keeps the class token's position within the class token of
/// models with registers, and calls w12 and w3 fc1 and fc2. Source: spec of the files, section 2.7.
/// Given the state itself (moved), it holds only one block's tensors twice at a time.
StateDict to_official(StateDict backbone);

/// The way back, from official names; timm's loses the mask token. Metadata is kept.
StateDict in_dialect(const StateDict& official, Dialect dialect);

}  // namespace troodon::model
