#ifndef TROODON_HAVE_COLLECTIONS

#include "base/error.hpp"
#include "base/file.hpp"
#include "troodon/collection.hpp"

namespace troodon {
namespace {

[[noreturn]] void none() {
  fail(Exit::resource,
       "this Troodon was built without SQLite 3.38 or later; install libsqlite3-dev, build again");
}

}  // namespace

struct Collection::Body {};

Collection::Collection(const fs::path&, const CollectionOptions&) {
  none();
}
Collection::~Collection() = default;
Collection::Collection(Collection&&) noexcept = default;
Collection& Collection::operator=(Collection&&) noexcept = default;
AddResult Collection::add(const AddOptions&) {
  none();
}
int64_t Collection::remove(const std::vector<std::string>&) {
  none();
}
void Collection::refresh() {
  none();
}
std::vector<SearchHit> Collection::search(const SearchQuery&, const SearchOptions&) {
  none();
}
int64_t Collection::count(const std::string&) const {
  none();
}
std::vector<KnownPicture> Collection::list(const std::string&, int64_t, int64_t) const {
  none();
}
std::string Collection::description() const {
  none();
}

}  // namespace troodon

#endif
