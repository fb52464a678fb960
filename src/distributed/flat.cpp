#include "distributed/flat.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/native/Resize.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace troodon::distributed {
namespace {

/// Runs after a backward pass has added up a parameter's gradient.
struct AfterGradient final : torch::autograd::PostAccumulateGradHook {
  std::function<void()> body;
  explicit AfterGradient(std::function<void()> b) : body(std::move(b)) {}
  void operator()(const torch::autograd::Variable&) override { body(); }
};

/// Gives a storage another size. Its old content is lost; tensors that look at it stay valid.
void resize_storage(const torch::Tensor& flat, int64_t bytes) {
  if (flat.is_cpu()) {
    at::native::resize_bytes_cpu(flat.storage().unsafeGetStorageImpl(), static_cast<size_t>(bytes));
    return;
  }
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("inductor::resize_storage_bytes_", "")
                             .typed<void(const at::Tensor&, c10::SymInt)>();
  op.call(flat, bytes);
}

}  // namespace

FlatParameters::FlatParameters(std::vector<torch::Tensor> params, Communicator& ranks)
    : params_(std::move(params)), ranks_(ranks), collected_(params_.size(), false) {
  const torch::NoGradGuard frozen;
  int64_t total = 0;
  for (const auto& param : params_) {
    shapes_.push_back(param.sizes().vec());
    offsets_.push_back(total);
    total += param.numel();
  }
  const int64_t world = ranks.world_size();
  const int64_t part = (total + world - 1) / world, first = part * ranks.rank();
  part_ = at::zeros({part}, params_.front().options().requires_grad(false));
  for (size_t i = 0; i < params_.size(); ++i) {
    const int64_t from = std::clamp<int64_t>(first - offsets_[i], 0, params_[i].numel());
    const int64_t to = std::clamp<int64_t>(first + part - offsets_[i], 0, params_[i].numel());
    ranges_.push_back({from, to});
    pieces_.emplace_back();
    if (from == to) continue;
    pieces_[i] = part_.slice(0, offsets_[i] + from - first, offsets_[i] + to - first);
    pieces_[i].copy_(params_[i].detach().flatten().slice(0, from, to));
  }
  whole_ = at::empty({part * world}, part_.options());
  for (size_t i = 0; i < params_.size(); ++i) {
    params_[i].set_data(
        whole_.slice(0, offsets_[i], offsets_[i] + params_[i].numel()).view(shapes_[i]));
    if (!params_[i].requires_grad()) continue;
    torch::autograd::impl::set_post_acc_grad_hooks(
        params_[i], std::make_unique<AfterGradient>([this, i] { collect(i); }));
  }
  resize(false);
}

void FlatParameters::resize(bool whole) {
  resize_storage(whole_, whole ? whole_.numel() * static_cast<int64_t>(whole_.element_size()) : 0);
  gathered_ = whole;
}

void FlatParameters::start_gather() {
  if (gathered_) return;
  const torch::NoGradGuard frozen;
  resize(true);
  gathering_ = ranks_.start_all_gather(whole_, part_);
  if (watch) watch();
}

void FlatParameters::gather() {
  start_gather();
  if (gathering_) gathering_->wait();
  gathering_.reset();
}

void FlatParameters::release() {
  if (!gathered_) return;
  gather();  // nothing may be on its way into memory that is given back
  if (watch) watch();
  resize(false);
}

/// Moves a parameter's gradient over; with the last one they travel.
void FlatParameters::collect(size_t i) {
  const torch::NoGradGuard frozen;
  finish_reduction();
  if (!gradient_.defined()) gradient_ = at::zeros_like(whole_);
  torch::Tensor& gradient = params_[i].mutable_grad();
  if (watch) watch();
  gradient_.slice(0, offsets_[i], offsets_[i] + params_[i].numel()).copy_(gradient.flatten());
  gradient.reset();
  collected_[i] = true;
  if (std::find(collected_.begin(), collected_.end(), false) == collected_.end()) reduce();
}

void FlatParameters::reduce() {
  const torch::NoGradGuard frozen;
  if (before_reduction) before_reduction();
  mean_ = at::empty_like(part_);
  reducing_ = ranks_.start_reduce_scatter(mean_, gradient_);
  release();
}

void FlatParameters::finish_reduction() {
  if (!mean_.defined()) return;
  const torch::NoGradGuard frozen;
  if (reducing_) reducing_->wait();
  reducing_.reset();
  mean_.div_(static_cast<double>(ranks_.world_size()));
  const int64_t first = part_.numel() * ranks_.rank();
  for (size_t i = 0; i < params_.size(); ++i) {
    if (!collected_[i] || !pieces_[i].defined()) continue;
    const int64_t from = offsets_[i] + ranges_[i].from - first;
    pieces_[i].mutable_grad() = mean_.slice(0, from, from + pieces_[i].numel());
  }
  if (watch) watch();
  gradient_.reset();
  mean_.reset();
  std::fill(collected_.begin(), collected_.end(), false);
}

void FlatParameters::finish_backward() {
  if (gradient_.defined() && !mean_.defined()) reduce();
  finish_reduction();
  release();
}

torch::Tensor FlatParameters::assemble(size_t i, const torch::Tensor& mine) const {
  const torch::NoGradGuard frozen;
  const auto options = mine.defined() ? mine.options() : part_.options();
  torch::Tensor whole = at::zeros({params_[i].numel()}, options.requires_grad(false));
  if (mine.defined()) whole.slice(0, ranges_[i].from, ranges_[i].to).copy_(mine);
  ranks_.all_reduce(whole);  // every element is of one rank, and 0 of the others
  return whole.view(shapes_[i]);
}

torch::Tensor FlatParameters::cut(size_t i, const torch::Tensor& whole) const {
  return whole.flatten().slice(0, ranges_[i].from, ranges_[i].to).clone();
}

int64_t FlatParameters::weight_bytes() const {
  return static_cast<int64_t>(part_.nbytes() + whole_.storage().nbytes());
}

int64_t FlatParameters::gradient_bytes() const {
  size_t bytes = gradient_.defined() ? gradient_.nbytes() : 0;
  bytes += mean_.defined() ? mean_.nbytes() : 0;
  for (const auto& param : params_) bytes += param.grad().defined() ? param.grad().nbytes() : 0;
  for (const auto& piece : pieces_) {
    // They share one storage.
    if (piece.defined() && piece.grad().defined()) return bytes + piece.grad().storage().nbytes();
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace troodon::distributed
