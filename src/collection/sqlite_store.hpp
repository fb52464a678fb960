#pragma once

#include "collection/sqlite.hpp"
#include "collection/store.hpp"

namespace troodon::collection {

/// A collection in one SQLite file, FOLDER/collection.db (docs/formats.md).
class SqliteStore final : public Store {
 public:
  /// Throws Error (Exit::input) where there is none, or one of a newer Troodon.
  explicit SqliteStore(const fs::path& folder);
  /// Makes the file where there is none; else its settings must be these.
  SqliteStore(const fs::path& folder, const Settings& settings);

  Settings settings() const override;
  void put(std::span<const Record> records) override;
  void put_unreadable(std::span<const Unreadable> files) override;
  int64_t remove(std::span<const std::string> paths) override;
  void describe(std::span<const Picture> pictures) override;
  std::map<std::string, FileState> files() const override;
  std::vector<Unreadable> unreadable() const override;
  int64_t count(const Filter& filter = {}) const override;
  std::vector<Picture> list(const Filter& filter, int64_t offset, int64_t limit) const override;
  std::vector<Picture> pictures(std::span<const int64_t> ids) const override;
  std::vector<int64_t> ids(const Filter& filter) const override;
  std::vector<std::pair<std::string, int64_t>> labels() const override;
  std::vector<std::string> columns() const override;
  Vectors vectors(int64_t after, int64_t limit) const override;
  std::vector<TokenCodes> tokens(std::span<const int64_t> ids) const override;
  int64_t version() const override;
  std::optional<std::vector<int64_t>> removed_since(int64_t version) const override;
  std::optional<std::vector<Hit>> nearest(std::span<const float> query,
                                          int64_t k,
                                          const Filter& filter) const override;
  std::vector<std::string> verify() const override;
  void compact() override;
  std::string description() const override;
  fs::path scratch() const override { return folder_; }

 private:
  fs::path folder_, file_;
  std::mutex writing_;  ///< one transaction of this process at a time
  Database writer_;
  Readers readers_;
};

}  // namespace troodon::collection
