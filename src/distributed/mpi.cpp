#include "distributed/backends.hpp"

#ifdef TROODON_HAVE_MPI

#include <chrono>
#include <cstdlib>
#include <exception>
#include <mpi.h>
#include <thread>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"

namespace troodon::distributed {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

/// How long a rank waits for the others before it believes that one hangs: they may write a
/// checkpoint or measure a probe meanwhile. A rank that dies is seen at once by the launcher.
seconds patience() {
  const char* text = std::getenv("TROODON_RANK_TIMEOUT");
  const int64_t given = text == nullptr ? 0 : std::strtoll(text, nullptr, 10);
  return seconds(given > 0 ? given : 3600);
}

void check(int code) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  fail(
      "the ranks can no longer talk to each other ({}); go on from the last checkpoint with "
      "--resume",
      std::string_view(text, static_cast<size_t>(length)));
}

MPI_Datatype type_of(const torch::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kFloat:
      return MPI_FLOAT;
    case torch::kDouble:
      return MPI_DOUBLE;
    case torch::kLong:
      return MPI_INT64_T;
    case torch::kByte:
    case torch::kBool:
      return MPI_UINT8_T;
    default:
      fail("no message of {} between ranks", c10::toString(tensor.scalar_type()));
  }
}

/// As MPI can take it: on the CPU, and float16 or bfloat16 as float32.
torch::Tensor sendable(const torch::Tensor& tensor) {
  const bool half =
      tensor.scalar_type() == torch::kHalf || tensor.scalar_type() == torch::kBFloat16;
  return tensor.to(torch::kCPU, half ? torch::kFloat : tensor.scalar_type()).contiguous();
}

int count_of(const torch::Tensor& tensor) {
  const int64_t n = tensor.numel();
  if (n > std::numeric_limits<int>::max()) fail("a message of {} numbers is too long for MPI", n);
  return static_cast<int>(n);
}

class Mpi final : public Communicator {
 public:
  Mpi() : patience_(patience()) {
    int ready = 0;
    MPI_Initialized(&ready);
    if (ready == 0) {
      int provided = 0;
      // One at a time, but not always the same: a backward pass on a CUDA device has its own
      // thread.
      MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }

  int64_t rank() const override { return rank_; }
  int64_t world_size() const override { return size_; }
  void all_reduce(torch::Tensor& tensor) override { reduce(tensor, MPI_SUM); }
  void all_reduce_max(torch::Tensor& tensor) override { reduce(tensor, MPI_MAX); }

  void all_gather(torch::Tensor& whole, const torch::Tensor& part) override {
    start_all_gather(whole, part)->wait();
  }

  std::unique_ptr<Pending> start_all_gather(torch::Tensor& whole,
                                            const torch::Tensor& part) override {
    const torch::Tensor in = sendable(part);
    return start(whole, in, [&](torch::Tensor& out, MPI_Request* request) {
      return MPI_Iallgather(in.const_data_ptr(),
                            count_of(in),
                            type_of(in),
                            out.mutable_data_ptr(),
                            count_of(in),
                            type_of(in),
                            MPI_COMM_WORLD,
                            request);
    });
  }

  void reduce_scatter(torch::Tensor& part, const torch::Tensor& whole) override {
    start_reduce_scatter(part, whole)->wait();
  }

  std::unique_ptr<Pending> start_reduce_scatter(torch::Tensor& part,
                                                const torch::Tensor& whole) override {
    const torch::Tensor in = sendable(whole);
    return start(part, in, [&](torch::Tensor& out, MPI_Request* request) {
      return MPI_Ireduce_scatter_block(in.const_data_ptr(),
                                       out.mutable_data_ptr(),
                                       count_of(out),
                                       type_of(in),
                                       MPI_SUM,
                                       MPI_COMM_WORLD,
                                       request);
    });
  }

  void broadcast(torch::Tensor& tensor, int64_t root) override {
    start(tensor, {}, [&](torch::Tensor& out, MPI_Request* request) {
      return MPI_Ibcast(out.mutable_data_ptr(),
                        count_of(out),
                        type_of(out),
                        static_cast<int>(root),
                        MPI_COMM_WORLD,
                        request);
    })->wait();
  }

  void barrier() override {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(MPI_COMM_WORLD, &request));
    wait(request);
  }

 private:
  void reduce(torch::Tensor& tensor, MPI_Op op) {
    start(tensor, {}, [&](torch::Tensor& out, MPI_Request* request) {
      return MPI_Iallreduce(MPI_IN_PLACE,
                            out.mutable_data_ptr(),
                            count_of(out),
                            type_of(out),
                            op,
                            MPI_COMM_WORLD,
                            request);
    })->wait();
  }

  /// A call that is on its way. MPI moves it on whenever the rank is in one of its calls.
  struct Call final : Pending {
    Mpi& ranks;
    torch::Tensor target, in, out;
    MPI_Request request = MPI_REQUEST_NULL;
    Call(Mpi& r, torch::Tensor to, torch::Tensor from)
        : ranks(r), target(std::move(to)), in(std::move(from)), out(sendable(target)) {}
    void wait() override {
      const torch::NoGradGuard frozen;
      ranks.wait(request);
      if (!out.is_same(target)) target.copy_(out);
    }
  };

  /// Begins to fill `tensor`; in its own memory where MPI can take that. `in` is kept for as long.
  template <class Begin>
  std::unique_ptr<Pending> start(torch::Tensor& tensor, torch::Tensor in, const Begin& begin) {
    const torch::NoGradGuard frozen;
    auto call = std::make_unique<Call>(*this, tensor, std::move(in));
    check(begin(call->out, &call->request));
    return call;
  }

  /// Asks again and again instead of blocking, so that a rank whose partner is gone can say so.
  void wait(MPI_Request& request) {
    const auto start = Clock::now();
    bool said = false;
    for (int64_t asked = 0;; ++asked) {
      int done = 0;
      check(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
      if (done != 0) return;
      const auto waited = Clock::now() - start;
      if (waited < std::chrono::milliseconds(1)) {
        std::this_thread::yield();
        continue;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      if (interrupted() && !said) {
        said = true;
        log_warning(
            "told to stop while waiting for another rank; if that one has died, go on from "
            "the last checkpoint with --resume");
      }
      if (waited > (interrupted() ? std::min(patience_, seconds(50)) : patience_)) {
        fail(
            "rank {} of {} has waited {} s for the others; one of them hangs or has died; go on "
            "from the last checkpoint with --resume",
            rank_,
            size_,
            std::chrono::duration_cast<seconds>(waited).count());
      }
    }
  }

  seconds patience_;
  int rank_ = 0, size_ = 1;
};

/// MPI ends with the process, not with a run: a process may make several.
void finish_with_mpi() {
  int ready = 0, ended = 0;
  MPI_Initialized(&ready);
  MPI_Finalized(&ended);
  if (ready != 0 && ended == 0) MPI_Finalize();
}

}  // namespace

std::shared_ptr<Communicator> connect_mpi(const Launch& launch) {
  return std::shared_ptr<Communicator>(new Mpi, [](Mpi* ranks) {
    // With an exception on its way the others may never come: then the launcher ends them.
    if (std::uncaught_exceptions() == 0) {
      std::atexit(finish_with_mpi);
      std::at_quick_exit(finish_with_mpi);
    }
    delete ranks;
  });
}

}  // namespace troodon::distributed

#else

namespace troodon::distributed {

std::shared_ptr<Communicator> connect_mpi(const Launch&) {
  return nullptr;
}

}  // namespace troodon::distributed

#endif
