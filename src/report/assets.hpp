#pragma once

#include <string_view>

namespace troodon::report {

/// The page's style sheet (style.cpp), what documents add to it (document_style.cpp), and the
/// page's program (script.cpp); all are our own and whole.
std::string_view page_style();
std::string_view document_style();
std::string_view page_script();

}  // namespace troodon::report
