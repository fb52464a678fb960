#pragma once

#include <memory>
#include <span>

#include "base/file.hpp"
#include "collection/filter.hpp"
#include "collection/picture.hpp"

namespace troodon::collection {

/// How the pictures of a collection were looked at; the same for all of them.
struct Settings {
  std::string folder;         ///< where the pictures lie, absolute
  std::string model;          ///< as it was given
  std::string model_key;      ///< frozen::model_key: tells weights apart
  std::string description;    ///< the network, in words
  int64_t dim = 0;            ///< of a vector
  int64_t size = 0;           ///< pixels
  std::string fit = "whole";  ///< in its own aspect; or crop: the centre, squared
  int64_t early_block = 0;    ///< its tokens tell textures and edges apart, those of
  int64_t late_block = 0;     ///< this one kinds of things; of both the codes are made
  int64_t token_side = 0;     ///< rows and columns of tokens kept at most; 0: none

  int64_t token_dim() const { return 2 * dim; }
};

/// Vectors of pictures, ids ascending.
struct Vectors {
  std::vector<int64_t> ids;
  std::vector<float> values;  ///< [ids, dim]
};

/// Where a collection is kept. All calls are safe from any thread, and of several processes; those
/// that read see what was committed before and never wait for one that writes. What put() and
/// remove() were told survives a kill from the moment they return. Throws Error (Exit::input,
/// Exit::resource).
class Store {
 public:
  virtual ~Store() = default;

  virtual Settings settings() const = 0;
  /// Takes them into the store in one transaction; a path that is known is replaced. Ids are given
  /// in order.
  virtual void put(std::span<const Record> records) = 0;
  virtual void put_unreadable(std::span<const Unreadable> files) = 0;
  /// Forgets pictures and unreadable files; unknown paths are passed over. Returns how many
  /// pictures.
  virtual int64_t remove(std::span<const std::string> paths) = 0;
  /// New labels and columns for pictures that are known; the rest stays, ids as well.
  virtual void describe(std::span<const Picture> pictures) = 0;

  /// All files that are known, unreadable ones too.
  virtual std::map<std::string, FileState> files() const = 0;
  virtual std::vector<Unreadable> unreadable() const = 0;
  virtual int64_t count(const Filter& filter = {}) const = 0;
  /// By path.
  virtual std::vector<Picture> list(const Filter& filter, int64_t offset, int64_t limit) const = 0;
  /// In the order of `ids`; those that aren't known are left out.
  virtual std::vector<Picture> pictures(std::span<const int64_t> ids) const = 0;
  /// Ascending.
  virtual std::vector<int64_t> ids(const Filter& filter) const = 0;
  /// Names and counts, most first.
  virtual std::vector<std::pair<std::string, int64_t>> labels() const = 0;
  /// Names of the columns that pictures have besides their own.
  virtual std::vector<std::string> columns() const = 0;

  /// Of pictures with ids above `after`, at most `limit`.
  virtual Vectors vectors(int64_t after, int64_t limit) const = 0;
  /// In the order of `ids`; empty where there are none.
  virtual std::vector<TokenCodes> tokens(std::span<const int64_t> ids) const = 0;

  /// Grows with every change that pictures, vectors or tokens saw.
  virtual int64_t version() const = 0;
  /// Ids that went after that version; nullopt: too long ago, read all vectors anew.
  virtual std::optional<std::vector<int64_t>> removed_since(int64_t version) const = 0;

  /// The k best by the store's own search, best first; nullopt: it has none (Finder searches).
  virtual std::optional<std::vector<Hit>> nearest(std::span<const float> query,
                                                  int64_t k,
                                                  const Filter& filter) const = 0;

  /// What is wrong, a sentence each; empty: nothing.
  virtual std::vector<std::string> verify() const = 0;
  /// Gives room back that removed pictures took.
  virtual void compact() = 0;
  virtual std::string description() const = 0;  ///< where it is, in words, without passwords
  /// Folder for what can be made anew (graphs, maps); empty: none.
  virtual fs::path scratch() const = 0;
};

/// Where `DIR` keeps its collection: DIR/.troodon.
fs::path collection_folder(const fs::path& folder);

/// Opens the collection of a folder, or, if `where` begins with "postgresql://", of a database
/// ("#NAME" at its end names one of several; else "pictures"). Throws Error (Exit::input) where
/// there is none.
std::unique_ptr<Store> open_store(const std::string& where);
/// The same, made first where there is none. Throws Error (Exit::input) where the settings differ
/// from those that it was made with.
std::unique_ptr<Store> make_store(const std::string& where, const Settings& settings);

}  // namespace troodon::collection
