#pragma once

#include <functional>
#include <string_view>

#include "stages/look.hpp"
#include "stages/pool.hpp"

namespace troodon::stages {

/// A pool's pictures and what their files and pixels say.
struct Looked {
  Pool pool;
  std::vector<Look> looks;  ///< of each row
};

/// Looks at a source's pictures (docs/data.md), or takes what `curate embed` saw of them when
/// `pictures` names a file of it (.looks). With `only`, a manifest or list, at those alone. Throws
/// Error.
Looked look_at_pool(const std::string& pictures,
                    const fs::path& only,
                    const LookOptions& options,
                    const Work& work);

/// The looks of a pool's rows, which are some of those at hand; `where` has them. Throws Error
/// (exit 4) for a row that is not among them.
std::vector<Look> in_order_of(Looked looked, const Pool& pool, const std::string& where);

/// One look as bytes, and back; the fingerprint only where it is wanted. Throws Error for other
/// bytes.
std::string bytes_of(const Look& look);
Look look_of(std::string_view bytes, bool fingerprint = true);

/// The pool's names and labels with the look that `next` gives of each row, as bytes_of it;
/// atomically. Throws Error.
void write_looks(const fs::path& file, const Pool& pool, const std::function<std::string()>& next);
Looked read_looks(const fs::path& file, bool fingerprints = true);

}  // namespace troodon::stages
