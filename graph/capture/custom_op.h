// What stands behind an op::Operation.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "graph/autodiff.h"
#include "graph/op.h"
#include "weft/op.h"

namespace weft::op {

// Makes what rules are given.
struct Access {
  struct PlainCall : Call {
    explicit PlainCall(const OpCall& call) : Call(call) {}
  };
  static PlainCall call(const OpCall& call) { return PlainCall(call); }
  static GradientCall gradient_call(const OpCall& call) { return GradientCall(call); }
  static std::vector<Tensor>& inputs(GradientCall& call) { return call.inputs_; }
  static std::vector<Tensor>& results(GradientCall& call) { return call.results_; }
  static std::vector<Tensor>& gradients(GradientCall& call) { return call.gradients_; }
  static std::vector<bool>& needs(GradientCall& call) { return call.needs_; }
  static const OpCall& of(const Call& call) { return call.call_; }
};

struct Operation::Impl : OpDef {
  Rules rules;
  SourceLocation at;
  std::string grad_fn;

  static const Impl& of(const OpDef& op) { return static_cast<const Impl&>(op); }

  static Types infer(const OpCall& call);
  static weft::Kernel make_kernel(const OpCall& call);
  static void differentiate(GradCall& call);
};

// What a rule gives. Whatever it throws is an Error of the call.
template <class F>
auto by_rule(const OpCall& call, const char* rule, F f) {
  const auto said = [rule](const std::string& text) { return std::string("the ") + rule + " threw: " + text; };
  try {
    return f();
  } catch (const ShapeError& error) {
    call.fail(error.rule());
  } catch (const Error& error) {
    if (*error.where().file) throw;
    throw error.at(call.where);
  } catch (const std::bad_alloc&) {
    call.fail(ErrorKind::memory, said("cannot allocate"));
  } catch (const std::exception& error) {
    call.fail(ErrorKind::state, said(error.what()));
  } catch (...) {
    call.fail(ErrorKind::state, said("something that is no std::exception"));
  }
}

}  // namespace weft::op
