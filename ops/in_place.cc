// In-place methods: the operation of the same name, whose result the tensor then has.
#include <utility>

#include "graph/capture/capture.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft {
namespace {

template <class F>
Tensor update(const Tensor& target, const Operand& other, F operation) {
  if (!target.defined()) throw Error("[in place] undefined tensor", other.at());
  Tensor value = operation(Operand(target, other.at()), other);
  if (value.shape() != target.shape())
    throw Error("[in place] a: " + target.shape().str() + ", result: " + value.shape().str() +
                    ": the operand does not broadcast to the tensor",
                other.at());
  if (value.dtype() != target.dtype()) value = cast({value, other.at()}, target.dtype());
  set_value(target, std::move(value), other.at());
  return target;
}

}  // namespace

Tensor Tensor::add_(const Operand& other) const { return update(*this, other, add); }
Tensor Tensor::sub_(const Operand& other) const { return update(*this, other, sub); }
Tensor Tensor::mul_(const Operand& other) const { return update(*this, other, mul); }
Tensor Tensor::div_(const Operand& other) const { return update(*this, other, div); }

Tensor operator+=(const Tensor& a, const Operand& b) { return a.add_(b); }
Tensor operator-=(const Tensor& a, const Operand& b) { return a.sub_(b); }
Tensor operator*=(const Tensor& a, const Operand& b) { return a.mul_(b); }
Tensor operator/=(const Tensor& a, const Operand& b) { return a.div_(b); }

Tensor Tensor::fill_(double value, SourceLocation at) const {
  set_value(*this, full(shape(), value, dtype(), at), at);
  return *this;
}

Tensor Tensor::zero_(SourceLocation at) const { return fill_(0, at); }

Tensor Tensor::copy_(const Tensor& src, SourceLocation at) const {
  Tensor value = src;
  if (value.dtype() != dtype()) value = weft::cast({value, at}, dtype());
  if (value.shape() != shape()) value = weft::expand({value, at}, shape().vec());
  set_value(*this, std::move(value), at);
  return *this;
}

}  // namespace weft
