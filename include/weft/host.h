// Memory of the host: tensors in memory that is not the library's, and elements as spans.
//
// Lifetime: from_blob() makes a tensor of memory that stays the host's. The memory must be there until the deleter is
// called, which happens once, in any thread, when no tensor, captured operation or compiled program needs it any more.
// Without a deleter nobody says when: the memory must outlive all of these.
//
// Aliasing: the memory may be written by the host and by the tensor's in-place methods, and each sees what the other
// wrote. An operation, eager or compiled, reads the elements that are there when it is called: what is captured keeps
// a copy. Memory that is const is never written. It is read without a copy, so the host must not change it; writing to
// the tensor gives it memory of its own.
//
// Threads: nobody may write to the memory while another thread's call reads it.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>

#include "weft/dims.h"
#include "weft/tensor.h"

namespace weft {

// A tensor in memory of the host: elements of this dtype, row-major, without gaps. Nothing is copied. The memory has to
// be aligned as its elements are; more, as to 64 bytes, is faster. The deleter must not throw, and is not called where
// this throws: Error for a null pointer with elements, memory that is not aligned, and while a function is traced.
// Elements of bool must be 0 or 1.
Tensor from_blob(void* data, DimsRef shape, DType dtype, std::function<void(void*)> deleter = {},
                 SourceLocation at = SourceLocation::current());
Tensor from_blob(const void* data, DimsRef shape, DType dtype, std::function<void(const void*)> deleter = {},
                 SourceLocation at = SourceLocation::current());
// The same of typed memory: from_blob(values.data(), {2, 3}).
template <class T>
requires(!std::is_void_v<T>) Tensor
    from_blob(T* data, DimsRef shape, std::function<void(std::type_identity_t<T>*)> deleter = {},
              SourceLocation at = SourceLocation::current()) {
  using Void = std::conditional_t<std::is_const_v<T>, const void, void>;
  std::function<void(Void*)> release;
  if (deleter) release = [deleter = std::move(deleter)](Void* p) { deleter(static_cast<T*>(p)); };
  return from_blob(static_cast<Void*>(data), shape, dtype_of<std::remove_const_t<T>>, std::move(release), at);
}

// The elements, row-major; valid as those of data_ptr() and mutable_data_ptr() are, and with their Errors.
template <class T>
std::span<const T> as_span(const Tensor& tensor, SourceLocation at = SourceLocation::current()) {
  const T* const first = tensor.data_ptr<T>(at);
  return {first, static_cast<std::size_t>(tensor.numel(at))};
}
template <class T>
std::span<T> as_mutable_span(const Tensor& tensor, SourceLocation at = SourceLocation::current()) {
  T* const first = tensor.mutable_data_ptr<T>(at);
  return {first, static_cast<std::size_t>(tensor.numel(at))};
}

}  // namespace weft
