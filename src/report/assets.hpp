#pragma once

#include <string_view>

namespace troodon::report {

/// The page's style sheet (style.cpp) and its program (script.cpp); both are our own and whole.
std::string_view page_style();
std::string_view page_script();

}  // namespace troodon::report
