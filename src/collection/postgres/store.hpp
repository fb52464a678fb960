#pragma once

#include "collection/postgres/connection.hpp"
#include "collection/store.hpp"

namespace troodon::collection {

/// A collection in a schema of a PostgreSQL database with pgvector, which searches itself
/// (docs/formats.md). Several processes may add at once: they take turns.
class PostgresStore final : public Store {
 public:
  /// Throws Error (Exit::input) where no server answers or the collection isn't there.
  explicit PostgresStore(const std::string& where);
  /// Makes the collection where there is none; else its settings must be these.
  PostgresStore(const std::string& where, const Settings& settings);

  Settings settings() const override;
  void put(std::span<const Record> records) override;
  void put_unreadable(std::span<const Unreadable> files) override;
  int64_t remove(std::span<const std::string> paths) override;
  void describe(std::span<const Picture> pictures) override;
  std::map<std::string, FileState> files() const override;
  std::vector<Unreadable> unreadable() const override;
  int64_t count(const Filter& filter) const override;
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
  fs::path scratch() const override { return {}; }

 private:
  postgres::Connections connections_;
  int64_t dim_ = 0;
  bool iterates_ = false;  ///< pgvector goes on until filters let enough pass
};

}  // namespace troodon::collection
