#include "troodon/collection.hpp"

#include <exception>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "options.hpp"
#include "pictures.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;

/// The caller's listener, called on a thread of add(). What it raises ends that and comes out.
struct Listener {
  nb::handle advanced;
  std::exception_ptr raised;

  void hear(int64_t done, int64_t total) {
    const nb::gil_scoped_acquire gil;
    try {
      advanced(done, total);
    } catch (const nb::python_error&) {
      raised = std::current_exception();
      throw Error("the listener raised");
    }
  }
};

AddResult add(Collection& self,
              const std::filesystem::path& table,
              int64_t batch,
              bool keep_missing,
              bool strict,
              bool progress,
              nb::handle advanced) {
  Listener listener{advanced, nullptr};
  AddOptions options{table, batch, keep_missing, strict, progress};
  if (!advanced.is_none())
    options.advanced = [&](int64_t done, int64_t total) { listener.hear(done, total); };
  try {
    return without_gil([&] { return self.add(options); });
  } catch (const Error&) {
    if (listener.raised) std::rethrow_exception(listener.raised);
    throw;
  }
}

std::vector<SearchHit> search(Collection& self,
                              nb::handle like,
                              nb::handle unlike,
                              const std::optional<Sides>& region,
                              int64_t k,
                              const std::string& filter,
                              double diversity,
                              bool collapse) {
  const Pictures wanted = pictures_of(like), unwanted = pictures_of(unlike);
  const SearchQuery query{wanted.pictures, unwanted.pictures, box_of(region)};
  return without_gil([&] { return self.search(query, {k, filter, diversity, collapse}); });
}

constexpr const char* kOpen =
    "Opens a folder's collection, or makes an empty one where there is none.\n\n"
    "store: '': the folder's .troodon; else postgresql://USER@HOST/DATABASE#NAME.\n"
    "model: a checkpoint or a name. size: pixels at which the network looks; 0: its own. crop: it\n"
    "    sees the centres of pictures, squared. regions: rows and columns of tokens kept at most\n"
    "    for searches by region. All four of a new collection; one that is there keeps its own.\n"
    "threads: 0 means all cores; holds for LibTorch in the whole process.";

constexpr const char* kAdd =
    "Brings it up to date with the folder: only new and changed pictures are looked at.\n\n"
    "table: CSV, TSV or JSON lines with a column path: labels and columns. batch: pictures that\n"
    "    the network sees together. keep_missing: pictures whose files went stay. strict: the\n"
    "    first unreadable picture ends it; else those are left out and listed.\n"
    "advanced: called on another thread with how many files are safe in the store, and of how\n"
    "    many; what it raises ends the call. It must not call add().\n"
    "What is safe survives any kill. Ctrl-C raises KeyboardInterrupt; repeating the call goes on.";

constexpr const char* kSearch =
    "The best pictures, best first: a list of SearchHit.\n\n"
    "like, unlike: pictures that are wanted and not wanted, as Embedder.embed takes them; a path\n"
    "    may also be one below the folder.\n"
    "region: x, y, width, height in pixels of the first one wanted: only this part is looked for.\n"
    "k: pictures found at most. filter: 'label = dog and width >= 500 and path ~ beach'.\n"
    "diversity: 0, the most alike, to 1, varied ones. collapse: folds near copies into the best.\n"
    "Error.code: 2 without a wanted picture or for a wrong filter, 4 for one that can't be read.";

void bind_types(nb::module_& m) {
  nb::class_<AddResult>(m, "AddResult", "How a call of Collection.add() ended.")
      .def_ro("found", &AddResult::found, "files")
      .def_ro("unchanged", &AddResult::unchanged, "files")
      .def_ro("added", &AddResult::added, "new or changed pictures, looked at")
      .def_ro("removed", &AddResult::removed, "pictures whose files went")
      .def_ro("bad_files", &AddResult::bad_files, "left out: path to reason")
      .def_ro("seconds", &AddResult::seconds)
      .def_ro("images_per_second", &AddResult::images_per_second)
      .def_ro("interrupted", &AddResult::interrupted, "repeating the call goes on");
  nb::class_<KnownPicture>(m, "KnownPicture", "What a collection knows of a picture.")
      .def_ro("path", &KnownPicture::path, "below the folder, with '/'")
      .def_ro("label", &KnownPicture::label)
      .def_ro("width", &KnownPicture::width, "pixels")
      .def_ro("height", &KnownPicture::height, "pixels")
      .def_ro("columns", &KnownPicture::columns, "what its file and a table say of it");
  nb::class_<SearchHit>(m, "SearchHit", "A picture that was found.")
      .def_ro("picture", &SearchHit::picture)
      .def_ro("score", &SearchHit::score, "cosine, -1 to 1")
      .def_ro("word", &SearchHit::word, "'copy', 'same', 'alike' or ''")
      .def_prop_ro(
          "box",
          [](const SearchHit& self) { return sides_of(self.box); },
          "x, y, width, height: where the region is in it, pixels; else None")
      .def_ro("copies", &SearchHit::copies, "paths, with collapse");
}

}  // namespace

void bind_collection(nb::module_& m) {
  bind_types(m);
  nb::class_<Collection>(
      m, "Collection", "A folder that can be searched; `troodon index` and `troodon search`.")
      .def(
          "__init__",
          [](Collection* self,
             const std::filesystem::path& folder,
             const std::string& store,
             const std::string& device,
             const std::string& backend,
             int threads,
             const std::filesystem::path& model,
             int64_t size,
             bool crop,
             int64_t regions) {
            const CollectionOptions options{
                store, device, backend_of(backend), threads, model, size, crop, regions};
            new (self) Collection(without_gil([&] { return Collection(folder, options); }));
          },
          "folder"_a,
          nb::kw_only(),
          "store"_a = "",
          "device"_a = "auto",
          "backend"_a = "auto",
          "threads"_a = 0,
          "model"_a = "small",
          "size"_a = 0,
          "crop"_a = false,
          "regions"_a = 32,
          kOpen)
      .def("add",
           &add,
           nb::kw_only(),
           "table"_a = "",
           "batch"_a = 8,
           "keep_missing"_a = false,
           "strict"_a = false,
           "progress"_a = false,
           "advanced"_a = nb::none(),
           kAdd)
      .def("remove",
           released(&Collection::remove),
           "paths"_a,
           "Forgets pictures by their paths; their files stay. Returns how many it knew.")
      .def("refresh", released(&Collection::refresh), "Searches see what others added and removed.")
      .def("search",
           &search,
           "like"_a,
           nb::kw_only(),
           "unlike"_a = nb::tuple(),
           "region"_a = nb::none(),
           "k"_a = 10,
           "filter"_a = "",
           "diversity"_a = 0.0,
           "collapse"_a = false,
           nb::sig("def search(self, like: object, *, unlike: object = (), region: tuple[int, int, "
                   "int, int] | None = None, k: int = 10, filter: str = '', diversity: float = "
                   "0.0, collapse: bool = False) -> collections.abc.Sequence[SearchHit]"),
           kSearch)
      .def("count",
           released(&Collection::count),
           "filter"_a = "",
           "How many pictures it knows. Error.code is 2 for a wrong filter.")
      .def("list",
           released(&Collection::list),
           "filter"_a = "",
           nb::kw_only(),
           "offset"_a = 0,
           "limit"_a = 100,
           nb::sig("def list(self, filter: str = '', *, offset: int = 0, limit: int = 100) -> "
                   "collections.abc.Sequence[KnownPicture]"),
           "A list of KnownPicture, by path. Error.code is 2 for a wrong filter.")
      .def_prop_ro("description", &Collection::description, "the network, in words");
}

}  // namespace troodon::python
