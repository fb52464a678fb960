#include "base/ranks.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "distributed/communicator.hpp"
#include "distributed/launch.hpp"

namespace troodon::distributed {
namespace {

constexpr size_t kMessage = size_t{1} << 26;  // numbers of one message, well below MPI's limit

/// Ranks whose messages a communicator carries.
class Joined final : public Ranks {
 public:
  explicit Joined(std::shared_ptr<Communicator> ranks) : ranks_(std::move(ranks)) {}

  int64_t rank() const override { return ranks_->rank(); }
  int64_t size() const override { return ranks_->world_size(); }

  void add(std::span<int64_t> numbers) override {
    for (size_t at = 0; at < numbers.size(); at += kMessage) {
      const size_t some = std::min(kMessage, numbers.size() - at);
      torch::Tensor part =
          at::from_blob(numbers.data() + at, {static_cast<int64_t>(some)}, torch::kLong);
      ranks_->all_reduce(part);
    }
  }

  std::vector<std::string> gather(const std::string& mine) override {
    std::vector<int64_t> sizes(static_cast<size_t>(size()), 0);
    sizes[static_cast<size_t>(rank())] = static_cast<int64_t>(mine.size());
    add(sizes);
    std::vector<std::string> out(sizes.size());
    const auto longest = static_cast<size_t>(*std::ranges::max_element(sizes));
    for (size_t at = 0; at < longest; at += kMessage) {
      const auto some = static_cast<int64_t>(std::min(kMessage, longest - at));
      torch::Tensor part = at::zeros({some}, torch::kByte);
      torch::Tensor whole = at::empty({size() * some}, torch::kByte);
      if (at < mine.size())
        std::copy_n(mine.data() + at,
                    std::min<size_t>(some, mine.size() - at),
                    reinterpret_cast<char*>(part.mutable_data_ptr<uint8_t>()));
      ranks_->all_gather(whole, part);
      for (size_t r = 0; r < out.size(); ++r) {
        const auto has = static_cast<size_t>(sizes[r]);
        if (at >= has) continue;
        const auto* from = reinterpret_cast<const char*>(whole.const_data_ptr<uint8_t>()) +
                           static_cast<int64_t>(r) * some;
        out[r].append(from, std::min<size_t>(some, has - at));
      }
    }
    return out;
  }

  void barrier() override { ranks_->barrier(); }

 private:
  std::shared_ptr<Communicator> ranks_;
};

}  // namespace

std::unique_ptr<Ranks> join_ranks(const Launch& launch) {
  return std::make_unique<Joined>(connect(launch, "cpu"));
}

}  // namespace troodon::distributed
