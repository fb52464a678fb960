#include "report/text.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace troodon::report {
namespace {

TEST(EscapeHtml, MarkupBecomesText) {
  EXPECT_EQ(escape_html("<script>alert('x & \"y\"')</script>"),
            "&lt;script&gt;alert(&#39;x &amp; &quot;y&quot;&#39;)&lt;/script&gt;");
}

TEST(EscapeHtml, UnicodePassesUnchanged) {
  const std::string text = "Ä 日本 🦖 \t\n";
  EXPECT_EQ(escape_html(text), text);
}

TEST(EscapeHtml, EveryBrokenByteBecomesOneReplacementCharacter) {
  EXPECT_EQ(escape_html("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(escape_html("a\xC3"), "a\uFFFD");                              // cut short
  EXPECT_EQ(escape_html("\xC0\xAF"), "\uFFFD\uFFFD");                      // overlong '/'
  EXPECT_EQ(escape_html("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
  EXPECT_EQ(escape_html("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(escape_html(std::string("\0\x1B", 2)), "\uFFFD\uFFFD");        // control characters
}

TEST(JsonString, CannotCloseTheScriptElementAndReadsBackTheSame) {
  const std::string text = "</script><!-- & \"日本\" \u2028";
  const std::string json = json_string(text);
  EXPECT_EQ(json.find_first_of("<>&"), std::string::npos) << json;
  EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), text);
}

TEST(JsonString, BrokenUtf8DoesNotThrow) {
  EXPECT_EQ(nlohmann::json::parse(json_string("a\xFF")).get<std::string>(), "a\uFFFD");
}

TEST(Base64, EqualsTheVectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\xFF\xFE\x00", 3)), "//4A");
}

TEST(NumberText, HasFourDigitsAndADashForNothing) {
  EXPECT_EQ(number_text(0.123456), "0.1235");
  EXPECT_EQ(number_text(NAN), "–");
  EXPECT_EQ(number_text(-INFINITY), "–");
}

}  // namespace
}  // namespace troodon::report
