#include "zoo/digest.hpp"

#include "base/error.hpp"
#include "base/place.hpp"

#ifdef TROODON_HAVE_CURL
#include <algorithm>
#include <memory>
#include <openssl/evp.h>
#endif

namespace troodon::zoo {

#ifdef TROODON_HAVE_CURL

std::string sha256_of_file(const fs::path& path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  const MappedFile file(path);
  const auto bytes = file.bytes();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  bool good = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  constexpr size_t kPiece = size_t{4} << 20;
  for (size_t at = 0; good && at < bytes.size(); at += kPiece) {
    const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    good = EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    release_pages(piece);
  }
  if (!good || EVP_DigestFinal_ex(context.get(), digest, &size) != 1)
    fail("{}: OpenSSL cannot compute its SHA-256", path.string());
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

#else

std::string sha256_of_file(const fs::path& path) {
  fail("{}: this build computes no SHA-256 (it has no OpenSSL)", path.string());
}

#endif

}  // namespace troodon::zoo
