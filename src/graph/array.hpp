#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace troodon::graph {

/// Numbers of its own, on large pages where the system has them (a search reads at random: with
/// small ones half its time goes into finding pages), or a view of a mapped file.
template <class T>
  requires std::is_trivially_copyable_v<T>
class Array {
 public:
  Array() = default;
  static Array view(std::span<const T> of) {
    Array out;
    out.seen_ = of.data();
    out.size_ = of.size();
    return out;
  }
  static Array copy(std::span<const T> of) {
    Array out;
    out.resize(of.size());
    if (!of.empty()) std::memcpy(out.own_.get(), of.data(), of.size_bytes());
    return out;
  }

  size_t size() const { return size_; }
  const T* data() const { return seen_; }
  const T& operator[](size_t i) const { return seen_[i]; }
  std::span<const T> all() const { return {seen_, size_}; }
  std::span<const std::byte> bytes() const { return std::as_bytes(all()); }

  /// To write; a view becomes a copy by resize() first.
  T* own() { return own_.get(); }

  /// What is new is filled with bytes of this value.
  void resize(size_t size, int fill = 0) {
    if (!own_ || size > room_) move_to(own_ ? std::max(size, room_ + room_ / 2) : size);
    if (size > size_) std::memset(own_.get() + size_, fill, (size - size_) * sizeof(T));
    size_ = size;
  }

 private:
  static constexpr size_t kLargePage = size_t{2} << 20;
  struct Free {
    std::align_val_t aligned{64};
    void operator()(T* p) const { ::operator delete(p, aligned); }
  };

  void move_to(size_t room) {
    const size_t bytes = std::max<size_t>(room * sizeof(T), 1);
    const std::align_val_t aligned{bytes >= kLargePage ? kLargePage : 64};
    std::unique_ptr<T, Free> to(static_cast<T*>(::operator new(bytes, aligned)), Free{aligned});
#if defined(__linux__)
    if (bytes >= kLargePage) ::madvise(to.get(), bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
#endif
    if (size_ > 0) std::memcpy(to.get(), seen_, size_ * sizeof(T));
    own_ = std::move(to);
    seen_ = own_.get();
    room_ = room;
  }

  std::unique_ptr<T, Free> own_;
  const T* seen_ = nullptr;
  size_t size_ = 0, room_ = 0;
};

}  // namespace troodon::graph
