#pragma once

#include <functional>

#include "infer/reading.hpp"
#include "infer/throughput.hpp"
#include "store/job.hpp"
#include "store/rows.hpp"

namespace troodon::infer {

/// What turns pictures into parts on disk.
struct Pipeline {
  ReadingOptions reading;
  int64_t batch = 8;
  Output output = Output::cls;
  store::Layout layout;
  store::JobFolder job;
};

struct Progressed {
  int64_t pictures = 0;  ///< looked at in this call
  int64_t reused = 0;    ///< of them taken from an older result
  Busy busy;
};

/// Does the given parts: threads read ahead, the network looks, another thread writes. Within a
/// window, views of one shape are batched together, so what is computed together depends on the
/// part alone and a resumed job gives the same bytes. Stops between windows when interrupted; parts
/// that are complete are on disk when it returns or throws. `advance` hears of pictures done.
Progressed do_parts(const Pipeline& pipeline,
                    const data::Source& source,
                    const store::Reuse& reuse,
                    Embedder& embedder,
                    const std::vector<int64_t>& todo,
                    const std::function<void(size_t)>& advance);

}  // namespace troodon::infer
