#include <algorithm>

#include <fmt/format.h>

#include "report/text.hpp"
#include "stages/report/html.hpp"

namespace troodon::stages {
namespace {

constexpr int kNarrowest = 88;  ///< CSS pixels: captions want some room

struct RoleText {
  const char* style;
  const char* tag;
};

RoleText text_of(Shot::Role role) {
  switch (role) {
    case Shot::Role::stays:
      return {"stays", "stays"};
    case Shot::Role::goes:
      return {"goes", "goes"};
    case Shot::Role::test:
      return {"reference", "test"};
    case Shot::Role::seed:
      return {"reference", "seed"};
    case Shot::Role::plain:
      break;
  }
  return {"plain", ""};
}

/// The picture, or a grey box that says why there is none.
std::string body_of(const Shot& shot, const Thumbnails& thumbnails) {
  const std::string name = report::escape_html(shot.name);
  const auto found = thumbnails.find(shot.item);
  if (found == thumbnails.end())
    return fmt::format(
        R"(<div class="missing" role="img" aria-label="{}: not shown">not shown</div>)", name);
  const Thumbnail& small = found->second;
  if (small.address.empty()) {
    const std::string why = report::escape_html(small.trouble);
    return fmt::format(
        R"(<div class="missing" role="img" aria-label="{}: {}" title="{}"><span>{}</span></div>)",
        name,
        why,
        why,
        why);
  }
  return fmt::format(R"(<img src="{}" width="{}" height="{}" alt="{}">)",
                     small.address,
                     small.width,
                     small.height,
                     name);
}

std::string shot_html(const Shot& shot, const Thumbnails& thumbnails) {
  const auto [style, tag] = text_of(shot.role);
  const auto found = thumbnails.find(shot.item);
  const bool seen = found != thumbnails.end() && !found->second.address.empty();
  const int width = std::max(kNarrowest, seen ? found->second.width : kThumbnailHeight);
  std::string caption;
  if (*tag != '\0') caption += fmt::format(R"(<span class="tag">{}</span> )", tag);
  caption +=
      fmt::format(R"(<span class="name" title="{0}">{0}</span>)", report::escape_html(shot.name));
  const bool repeats = found != thumbnails.end() && found->second.trouble == shot.caption;
  if (!shot.caption.empty() && !repeats)
    caption += fmt::format(R"(<span class="said">{}</span>)", report::escape_html(shot.caption));
  return fmt::format(R"(<figure class="{}" style="width:{}px">{}<figcaption>{}</figcaption></figure>
)",
                     style,
                     width,
                     body_of(shot, thumbnails),
                     caption);
}

std::string shelf_html(const Shelf& shelf, const Thumbnails& thumbnails) {
  std::string out = R"(<div class="shelf">)";
  if (!shelf.heading.empty()) out += fmt::format("<p>{}</p>", report::escape_html(shelf.heading));
  out += R"(<div class="shots">)";
  for (const Shot& shot : shelf.shots) out += shot_html(shot, thumbnails);
  return out + "</div></div>\n";
}

}  // namespace

std::string exhibit_html(const Exhibit& exhibit, const Thumbnails& thumbnails) {
  std::string out = fmt::format(R"(<p class="note">{}</p>)", report::escape_html(exhibit.text));
  for (const ExhibitPart& part : exhibit.parts) {
    out += fmt::format(R"(<section class="card"><h3>{}</h3>)", report::escape_html(part.heading));
    if (!part.text.empty())
      out += fmt::format(R"(<p class="note">{}</p>)", report::escape_html(part.text));
    out += R"(<div class="shelves">)";
    for (const Shelf& shelf : part.shelves) out += shelf_html(shelf, thumbnails);
    out += "</div></section>\n";
  }
  return out;
}

}  // namespace troodon::stages
