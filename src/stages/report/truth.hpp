#pragma once

#include "stages/report/course.hpp"

namespace troodon::stages {

/// How well the run found the copies that options.truth names. Throws Error (exit 4) for a table
/// without its columns.
Truth truth_of(const Course& course, const ReportOptions& options);

/// A table by transform.
std::string truth_html(const Truth& truth);

}  // namespace troodon::stages
