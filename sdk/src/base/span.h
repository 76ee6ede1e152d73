// span.h: a borrowed run of values, pointer and count, checked by its user. std::span of C++20, as far as Sotto needs it.
#pragma once

#include <cstddef>
#include <vector>

namespace sotto {

template <class T>
class Span {
 public:
  Span() = default;
  Span(T* data, size_t size) : data_(data), size_(size) {}
  template <class U>
  Span(std::vector<U>& v) : data_(v.data()), size_(v.size()) {}  // NOLINT: implicit by design
  template <class U>
  Span(const std::vector<U>& v) : data_(v.data()), size_(v.size()) {}  // NOLINT: implicit by design

  T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) const { return data_[i]; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }

  // REQUIRES: first + count <= size().
  Span part(size_t first, size_t count) const { return Span(data_ + first, count); }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sotto
