#include "report/document.hpp"

#include <fmt/format.h>

#include "report/assets.hpp"
#include "report/text.hpp"

namespace troodon::report {

std::string head_html(std::string_view title, std::string_view policy) {
  return fmt::format(R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';
 img-src data:; style-src 'unsafe-inline'{}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{}</title>
)",
                     policy,
                     escape_html(title));
}

std::string facts_html(const std::vector<Fact>& facts) {
  if (facts.empty()) return {};
  std::string tiles;
  for (const Fact& fact : facts) {
    tiles += fmt::format(R"(<div class="tile"><dt>{}</dt><dd class="value">{}</dd><dd>{}</dd></div>
)",
                         escape_html(fact.name),
                         escape_html(fact.value),
                         escape_html(fact.remark));
  }
  return fmt::format(R"(<section aria-label="Summary"><dl class="facts">
{}</dl></section>
)",
                     tiles);
}

std::string_view footer_html() {
  return "<footer>Written by Troodon " TROODON_VERSION
         ". This file is complete and loads nothing.</footer>\n";
}

std::string document_html(const Document& document) {
  std::string out = head_html(document.title) + "<style>\n";
  out += page_style();
  out += document_style();
  out += fmt::format("</style></head>\n<body><header><h1>{}</h1><p>{}</p>\n",
                     escape_html(document.title),
                     escape_html(document.subtitle));
  out += R"(<nav aria-label="Contents">)";
  for (const Section& section : document.sections)
    out += fmt::format(R"(<a href="#{}">{}</a>)", section.id, escape_html(section.title));
  out += "</nav></header>\n<main>\n" + facts_html(document.facts);
  for (const Section& section : document.sections)
    out += fmt::format(R"(<section id="{0}" aria-labelledby="{0}-title">
<h2 id="{0}-title">{1}</h2>
{2}</section>
)",
                       section.id,
                       escape_html(section.title),
                       section.body);
  out += "</main>\n";
  out += footer_html();
  return out + "</body></html>\n";
}

}  // namespace troodon::report
