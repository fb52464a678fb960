#pragma once

#include <string>
#include <string_view>

namespace troodon::report {

/// Text for HTML content and quoted attributes: & < > " ' become entities; bytes that are not
/// valid UTF-8 and control characters become U+FFFD, so that any file name can be shown.
std::string escape_html(std::string_view text);

/// A JSON string with its quotes, ASCII only, safe inside a <script> element (no '<', '>', '&').
std::string json_string(std::string_view text);

/// Base64 with padding (RFC 4648 section 4).
std::string base64(std::string_view bytes);

/// A number for people: four significant digits, "–" where it is not finite.
std::string number_text(double value);

}  // namespace troodon::report
