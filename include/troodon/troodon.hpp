#pragma once

// Everything that libtroodon.so offers. No header here includes torch. Calls throw troodon::Error.
#include "troodon/collection.hpp"
#include "troodon/convert.hpp"
#include "troodon/depth_stream.hpp"
#include "troodon/embedder.hpp"
#include "troodon/error.hpp"
#include "troodon/features.hpp"
#include "troodon/interrupt.hpp"
#include "troodon/knn.hpp"
#include "troodon/masks.hpp"
#include "troodon/matching.hpp"
#include "troodon/picture.hpp"
#include "troodon/predictor.hpp"
#include "troodon/train.hpp"

namespace troodon {

/// "0.1.0": the version of the library, which is that of the program and of the Python package.
TROODON_API const char* version();

}  // namespace troodon
