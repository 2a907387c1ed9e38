// How an elementwise op says what it computes, for fused kernels.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "graph/element_program.h"
#include "graph/op.h"

namespace weft {

// The lowering of one call: registers of its operands in, those of its results out.
class LowerCall {
 public:
  // All three must outlive this.
  LowerCall(const OpCall& call, ElementProgram& program, std::span<const Register> operands)
      : call_(call), program_(program), operands_(operands) {}

  std::size_t num_inputs() const { return operands_.size(); }
  Register in(std::size_t i) const { return operands_[i]; }
  template <class T>
  const T& attr(std::string_view name) const {
    return call_.attr<T>(name);
  }
  Register emit(ElementFn fn, std::initializer_list<Register> operands, float x = 0, float y = 0) {
    return program_.emit(fn, operands, x, y);
  }
  Register constant(double value) { return program_.constant(value); }
  void out(Register r) { results_.push_back(r); }
  const AttrValue* find(std::string_view name) const { return call_.attrs.find(name); }
  const std::vector<Register>& results() const { return results_; }

 private:
  const OpCall& call_;
  ElementProgram& program_;
  std::span<const Register> operands_;
  std::vector<Register> results_;
};

// The lowering of an op that is one instruction on its operands.
template <ElementFn fn>
void lower_as(LowerCall& call) {
  const auto in = [&](std::size_t i) { return i < call.num_inputs() ? call.in(i) : Register{0}; };
  call.out(call.emit(fn, {in(0), in(1), in(2)}));
}

}  // namespace weft
