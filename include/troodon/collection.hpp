#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troodon/embedder.hpp"
#include "troodon/export.hpp"

namespace troodon {

struct CollectionOptions {
  std::string store;            ///< "": FOLDER/.troodon; else postgresql://USER@HOST/DATABASE#NAME
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  Backend backend = Backend::automatic;
  int threads = 0;  ///< 0: all cores; holds for LibTorch in the whole process

  // Of a collection that is made now; one that is there keeps its own.
  std::filesystem::path model = "small";  ///< checkpoint or name
  std::int64_t size = 0;                  ///< pixels at which the network looks; 0: its own
  bool crop = false;          ///< it sees the centres of pictures, squared, not all of them
  std::int64_t regions = 32;  ///< rows and columns of tokens kept at most for searches by region
};

struct AddOptions {
  std::filesystem::path table;  ///< CSV, TSV or JSON lines with a column path: labels, columns
  std::int64_t batch = 8;       ///< pictures that the network sees together
  bool keep_missing = false;    ///< pictures whose files went stay
  bool strict = false;          ///< the first unreadable picture ends it
  bool progress = false;        ///< a progress line and messages on stderr
  /// Hears, on another thread, how many pictures are safe in the store.
  std::function<void(std::int64_t done, std::int64_t total)> advanced;
};

struct AddResult {
  std::int64_t found = 0, unchanged = 0;         ///< files
  std::int64_t added = 0;                        ///< new or changed pictures, looked at
  std::int64_t removed = 0;                      ///< whose files went
  std::map<std::string, std::string> bad_files;  ///< left out: path, reason
  double seconds = 0;
  double images_per_second = 0;
  bool interrupted = false;  ///< repeating the call goes on
};

/// What a collection knows of a picture.
struct KnownPicture {
  std::string path;  ///< below the folder, with '/'
  std::string label;
  int width = 0, height = 0;
  std::map<std::string, std::string> columns;  ///< what its file and a table say of it
};

struct SearchQuery {
  std::vector<Picture> like;    ///< wanted; a path may also be one below the folder
  std::vector<Picture> unlike;  ///< not wanted
  std::optional<Box> region;    ///< of the first one wanted: only this part is looked for
};

struct SearchOptions {
  std::int64_t k = 10;    ///< pictures found at most
  std::string filter;     ///< "label = dog and width >= 500 and path ~ beach"
  double diversity = 0;   ///< 0: the most alike, to 1: varied ones
  bool collapse = false;  ///< fold near copies into the best of them
};

struct SearchHit {
  KnownPicture picture;
  float score = 0;                  ///< cosine, -1 to 1
  std::string word;                 ///< "copy", "same", "alike" or ""
  std::optional<Box> box;           ///< where the region is in it
  std::vector<std::string> copies;  ///< paths, with `collapse`
};

/// A folder of pictures that can be searched: the verbs `troodon index` and `troodon search`. All
/// functions from any thread, of several processes as well; searches don't wait for add().
class TROODON_API Collection {
 public:
  /// Opens the folder's collection, or makes an empty one where there is none. Throws Error.
  explicit Collection(const std::filesystem::path& folder, const CollectionOptions& options = {});
  ~Collection();
  Collection(Collection&&) noexcept;
  Collection& operator=(Collection&&) noexcept;

  /// Brings it up to date with the folder: only new and changed pictures are looked at. What is
  /// safe survives any kill. Throws Error.
  AddResult add(const AddOptions& options = {});
  /// Forgets pictures by their paths; their files stay. Returns how many it knew.
  std::int64_t remove(const std::vector<std::string>& paths);
  void refresh();  ///< searches see what other processes added or removed

  /// The best pictures, best first. Throws Error: exit 2 without a wanted picture or for a wrong
  /// filter, 4 where a picture cannot be read or the network is another one by now.
  std::vector<SearchHit> search(const SearchQuery& query, const SearchOptions& options = {});
  std::int64_t count(const std::string& filter = "") const;
  std::vector<KnownPicture> list(const std::string& filter = "",  ///< by path
                                 std::int64_t offset = 0,
                                 std::int64_t limit = 100) const;
  std::string description() const;  ///< the network, in words

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon
