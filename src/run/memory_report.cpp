#include "run/memory_report.hpp"

#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>

#include "base/machine.hpp"

namespace troodon::run {
namespace {

template <class Tensors>
int64_t bytes_of_all(const Tensors& tensors) {
  int64_t bytes = 0;
  for (const torch::Tensor& tensor : tensors) {
    if (tensor.defined()) bytes += static_cast<int64_t>(tensor.storage().nbytes());
  }
  return bytes;
}

int64_t gradient_bytes(const train::State& state) {
  std::vector<torch::Tensor> gradients;
  for (const auto& [part, module] : state.student->parts()) {
    for (const torch::Tensor& trained : state.trained(part)) gradients.push_back(trained.grad());
  }
  return bytes_of_all(gradients);
}

int64_t moment_bytes(const train::State& state) {
  std::vector<torch::Tensor> moments;
  for (const auto& [name, tensor] : state.optimizer.state()) moments.push_back(tensor);
  return bytes_of_all(moments);
}

/// The whole network, or the pieces of it that a sharded rank keeps.
int64_t weight_bytes(train::Network network, const train::ShardedNetwork* shards) {
  return shards == nullptr ? bytes_of_all(network->parameters()) : bytes_of_all(shards->parts());
}

}  // namespace

MemoryUse memory_use(torch::Device device) {
  if (device.is_cuda()) {
    const auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    return {stats.allocated_bytes[0].current, stats.allocated_bytes[0].peak};
  }
  const ProcessMemory memory = process_memory();
  return {memory.resident, memory.peak};
}

std::vector<MemoryShare> memory_shares(const train::State& state,
                                       const train::Batch& batch,
                                       int64_t before,
                                       const MemoryUse& now) {
  std::vector<MemoryShare> out = {
      {"before the run", before},
      {"student's weights", weight_bytes(state.student, state.student_shards.get())},
      {"teacher's weights", weight_bytes(state.teacher, state.teacher_shards.get())},
      {"gradients", gradient_bytes(state)},
      {"moments of AdamW", moment_bytes(state)},
      {"the batch", bytes_of_all(std::vector{batch.global_crops, batch.local_crops, batch.masks})}};
  if (state.guide) out.push_back({"frozen teacher's weights", weight_bytes(state.guide, nullptr)});
  int64_t rest = now.peak;
  for (const MemoryShare& share : out) rest -= share.bytes;
  out.push_back({"activations and the rest of the peak", std::max<int64_t>(rest, 0)});
  return out;
}

std::string memory_table(const std::vector<MemoryShare>& shares) {
  constexpr double kMiB = 1 << 20;
  int64_t sum = 0;
  for (const MemoryShare& share : shares) sum += share.bytes;
  std::string out;
  for (const MemoryShare& share : shares) {
    out += fmt::format("{:<38} {:>10.1f} MiB {:>5.1f} %\n",
                       share.what,
                       static_cast<double>(share.bytes) / kMiB,
                       100.0 * static_cast<double>(share.bytes) / static_cast<double>(sum));
  }
  return out + fmt::format("{:<38} {:>10.1f} MiB", "peak", static_cast<double>(sum) / kMiB);
}

}  // namespace troodon::run
