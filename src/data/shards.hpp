#pragma once

#include <string>
#include <vector>

#include "data/source.hpp"

namespace troodon::data {

/// "a-{000..012}.tar" -> a-000.tar ... a-012.tar, and "{a,b}" likewise; several braces multiply.
/// Throws Error on a brace that isn't closed, and above a million names.
std::vector<std::string> expand_braces(const std::string& pattern);

/// The pictures of WebDataset tar shards, where they lie: nothing is unpacked. Consecutive members
/// that share a name up to its first dot are one sample; its label is "label" or "cls"
/// of .json, or the text of .cls; "troodon_id" of .json, where pack wrote it, is its id. Several
/// pictures of a sample are several items. A shard that is cut short gives its whole members and a
/// warning. Throws Error if one is missing or none holds a picture.
Source open_shards(const std::vector<std::string>& files);

}  // namespace troodon::data
