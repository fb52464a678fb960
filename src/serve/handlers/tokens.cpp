#include "serve/handlers/tokens.hpp"

#include "collection/codes.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {

collection::TokenCodes tokens_of(const std::string& ref, Site& site, Clock::time_point deadline) {
  const auto& settings = site.settings;
  if (is_upload(ref) && settings.token_side > 0) {
    const auto seen = site.looks.of(*site.pictures.upload(ref), deadline);
    return collection::encode_tokens(seen->tokens,
                                     seen->rows,
                                     seen->columns,
                                     static_cast<int>(settings.token_dim()),
                                     static_cast<int>(settings.token_side));
  }
  std::vector<collection::TokenCodes> tokens;
  if (!is_upload(ref)) {
    const int64_t id = site.pictures.row(ref).id;
    tokens = site.store->tokens(std::span(&id, 1));
  }
  if (tokens.empty() || tokens.front().rows == 0)
    refuse(501, "this collection keeps no patch features; make it anew with --regions 32");
  return std::move(tokens.front());
}

}  // namespace troodon::serve
