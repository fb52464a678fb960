#include "serve/handlers/rows.hpp"

namespace troodon::serve {

Json row_json(const collection::Picture& picture) {
  return {{"ref", std::to_string(picture.id)},
          {"path", picture.path},
          {"label", picture.label},
          {"width", picture.width},
          {"height", picture.height},
          {"meta", picture.columns}};
}

}  // namespace troodon::serve
