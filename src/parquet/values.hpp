#pragma once

#include "parquet/pages.hpp"

// Values of flat columns. Private to src/parquet.
namespace troodon::parquet {

/// Appends `count` values of a page (nulls not among them) to `out`; indices look into
/// `dictionary`.
void add_values(const Column& column,
                const Leaf& leaf,
                int encoding,
                Bytes data,
                uint64_t count,
                const Cells& dictionary,
                Cells& out);

}  // namespace troodon::parquet
