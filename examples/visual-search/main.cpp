// Finds pictures of a folder that are like a picture, or like a part of it; new pictures of the
// folder are looked at first, known ones are not looked at again.
//   visual-search photos/ cat.jpg
//   visual-search photos/ cat.jpg 40 60 120 100     (left, top, width, height in pixels)
#include <cstdio>
#include <cstdlib>
#include <troodon/troodon.hpp>

namespace {

void print(const troodon::SearchHit& hit) {
  std::printf("%.3f  %-5s  %s", hit.score, hit.word.c_str(), hit.picture.path.c_str());
  if (hit.box)
    std::printf("  at %d,%d %dx%d", hit.box->x, hit.box->y, hit.box->width, hit.box->height);
  if (!hit.copies.empty()) std::printf("  (+%zu copies)", hit.copies.size());
  std::printf("\n");
}

/// How many places of the picture are found again in the best hit.
void compare(const char* picture, const std::filesystem::path& hit) {
  troodon::Matcher matcher;
  const auto found = matcher.match(picture, hit, {.verify = troodon::Verify::affine});
  std::printf("%zu places match the first one's, %lld agree on one map\n",
              found.pairs.size(),
              static_cast<long long>(found.model ? found.inliers : 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 7) {
    std::fprintf(stderr, "usage: visual-search FOLDER PICTURE [LEFT TOP WIDTH HEIGHT]\n");
    return 2;
  }
  try {
    troodon::Collection collection(argv[1]);
    const troodon::AddResult added = collection.add();
    std::printf("%lld pictures, %lld of them new\n",
                static_cast<long long>(collection.count()),
                static_cast<long long>(added.added));
    troodon::SearchQuery query{.like = {argv[2]}};
    if (argc == 7)
      query.region = {
          std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]), std::atoi(argv[6])};
    const auto hits = collection.search(query, {.k = 5, .collapse = true});
    for (const auto& hit : hits) print(hit);
    if (!hits.empty()) compare(argv[2], std::filesystem::path(argv[1]) / hits[0].picture.path);
  } catch (const troodon::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
