// The arithmetic of optimizer steps as instructions of an element program.
#pragma once

#include "graph/lower.h"

namespace weft {

struct RegisterMath {
  LowerCall& call;
  Register add(Register a, Register b) const { return call.emit(ElementFn::add, {a, b}); }
  Register sub(Register a, Register b) const { return call.emit(ElementFn::sub, {a, b}); }
  Register mul(Register a, Register b) const { return call.emit(ElementFn::mul, {a, b}); }
  Register div(Register a, Register b) const { return call.emit(ElementFn::div, {a, b}); }
  Register sqrt(Register a) const { return call.emit(ElementFn::sqrt, {a}); }
};

}  // namespace weft
