#pragma once

#include <cstddef>
#include <string>

#include "report/report.hpp"

namespace troodon::report {

/// The picture as a data: address. Lossless PNG up to 96 x 96 pixels and wherever it is the smaller
/// file; JPEG quality 90 otherwise, after shrinking to at most 512 pixels a side.
std::string data_address(const image::Image& image);

/// The gallery's <section>: a row of <figure> for each row of pictures. Its id is gallery-<index>.
std::string gallery_html(const Gallery& gallery, size_t index);

}  // namespace troodon::report
