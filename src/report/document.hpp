#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/report.hpp"

namespace troodon::report {

/// A part of a page that a link of its contents leads to.
struct Section {
  std::string id, title;
  std::string body;  ///< HTML; texts in it are escaped already
};

/// A page without a program: sections one after another.
struct Document {
  std::string title, subtitle;
  std::vector<Fact> facts;
  std::vector<Section> sections;
};

/// The document as one HTML file that opens offline; its policy forbids scripts.
std::string document_html(const Document& document);

/// From the doctype to the title; the policy lets a page load nothing, so that the browser keeps
/// the promise. `policy`: what it allows besides pictures and styles within the page.
std::string head_html(std::string_view title, std::string_view policy = "");

/// The facts as tiles; "" for none.
std::string facts_html(const std::vector<Fact>& facts);

/// The line at the end of every page.
std::string_view footer_html();

}  // namespace troodon::report
