#include "distributed/backends.hpp"

#ifdef TROODON_HAVE_NCCL

#include <cstdlib>

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.hpp"

// Checked by the compiler against c10d's headers, and never run: the tests have no two CUDA
// devices.
namespace troodon::distributed {
namespace {

std::string master_address(const Launch& launch) {
  if (const char* given = std::getenv("MASTER_ADDR"); given != nullptr && *given != 0) return given;
  if (launch.local_size == launch.world_size) return "127.0.0.1";
  fail(Exit::usage,
       "{} ranks on several machines: set MASTER_ADDR to the name of the one with rank 0 (and "
       "MASTER_PORT, if 29500 is taken)",
       launch.world_size);
}

class Nccl final : public Communicator {
 public:
  Nccl(const Launch& launch, const std::string& device)
      : device_(device), rank_(launch.rank), size_(launch.world_size) {
    const char* port = std::getenv("MASTER_PORT");
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port != nullptr ? std::atoi(port) : 29500);
    options.isServer = launch.first();
    options.numWorkers = static_cast<std::size_t>(size_);
    const auto store = c10::make_intrusive<c10d::TCPStore>(master_address(launch), options);
    group_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(
        store, static_cast<int>(rank_), static_cast<int>(size_));
  }

  int64_t rank() const override { return rank_; }
  int64_t world_size() const override { return size_; }
  void all_reduce(torch::Tensor& tensor) override { reduce(tensor, c10d::ReduceOp::SUM); }
  void all_reduce_max(torch::Tensor& tensor) override { reduce(tensor, c10d::ReduceOp::MAX); }

  void all_gather(torch::Tensor& whole, const torch::Tensor& part) override {
    start_all_gather(whole, part)->wait();
  }
  std::unique_ptr<Pending> start_all_gather(torch::Tensor& whole,
                                            const torch::Tensor& part) override {
    return start(whole, part.to(device_), [&](torch::Tensor& out, torch::Tensor& in) {
      return group_->_allgather_base(out, in);
    });
  }
  void reduce_scatter(torch::Tensor& part, const torch::Tensor& whole) override {
    start_reduce_scatter(part, whole)->wait();
  }
  std::unique_ptr<Pending> start_reduce_scatter(torch::Tensor& part,
                                                const torch::Tensor& whole) override {
    return start(part, whole.to(device_), [&](torch::Tensor& out, torch::Tensor& in) {
      return group_->_reduce_scatter_base(out, in);
    });
  }
  void broadcast(torch::Tensor& tensor, int64_t root) override {
    start(tensor, {}, [&](torch::Tensor& out, torch::Tensor&) {
      std::vector<torch::Tensor> list{out};
      c10d::BroadcastOptions options;
      options.rootRank = root;
      return group_->broadcast(list, options);
    })->wait();
  }
  void barrier() override {
    torch::Tensor nothing = at::zeros({1}, torch::TensorOptions(device_));
    all_reduce(nothing);
    nothing.item<float>();  // NCCL only puts work into a stream; this waits for it
  }

 private:
  void reduce(torch::Tensor& tensor, c10d::ReduceOp::RedOpType op) {
    start(tensor, {}, [&](torch::Tensor& out, torch::Tensor&) {
      std::vector<torch::Tensor> list{out};
      c10d::AllreduceOptions options;
      options.reduceOp = op;
      return group_->allreduce(list, options);
    })->wait();
  }

  /// Work in NCCL's own stream, which the current one waits for.
  struct Call final : Pending {
    torch::Tensor target, in, out;
    c10::intrusive_ptr<c10d::Work> work;
    void wait() override {
      const torch::NoGradGuard frozen;
      work->wait();
      if (!out.is_same(target)) target.copy_(out);
    }
  };

  /// Begins to fill `tensor`, which may lie on the CPU.
  template <class Begin>
  std::unique_ptr<Pending> start(torch::Tensor& tensor, torch::Tensor in, const Begin& begin) {
    const torch::NoGradGuard frozen;
    auto call = std::make_unique<Call>();
    call->target = tensor, call->in = std::move(in), call->out = tensor.to(device_);
    call->work = begin(call->out, call->in);
    return call;
  }

  torch::Device device_;
  int64_t rank_, size_;
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group_;
};

}  // namespace

std::shared_ptr<Communicator> connect_nccl(const Launch& launch, const std::string& device) {
  return std::make_shared<Nccl>(launch, device);
}

}  // namespace troodon::distributed

#else

namespace troodon::distributed {

std::shared_ptr<Communicator> connect_nccl(const Launch&, const std::string&) {
  return nullptr;
}

}  // namespace troodon::distributed

#endif
