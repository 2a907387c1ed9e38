// From a trace to a program: what it reads and writes, what it gives back, and the plan of all that.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/traced_program.h"

namespace weft {

template <class T>
std::optional<std::size_t> index_of(const std::vector<T>& all, const T& one) {
  const auto at = std::find(all.begin(), all.end(), one);
  return at == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - all.begin()));
}

class TracedProgram::Builder {
 public:
  Builder(TracedProgram& program, SourceLocation at) : program_(program), at_(at) {}

  void trace(const Body& body, const detail::Bundle& inputs, const TraceOptions& options);

 private:
  // ---- trace_builder.cc: what the function is given, and what it does to tensors from outside
  void hand_over(const std::vector<Tensor>& inputs);
  void take_fields();
  bool is_plain_gradient(const Impl& gradient) const;
  void take_fresh(const Impl& gradient);
  void bind_outside();
  bool is_effect(const Trace::Outside& outside) const;
  void check_written_arguments(const std::vector<Tensor>& inputs) const;
  void take_hooks(const std::vector<Tensor>& inputs);
  // ---- trace_audit.cc: which leaves get gradients
  void take_audit();

  // ---- trace_results.cc: what it gives back
  void take_results(const std::vector<Tensor>& results);
  void find_bases(std::span<const Impl> given);
  void take_result(const Impl& impl);
  bool take_known(const Impl& impl, Result& result);
  bool take_view(const Impl& impl, Result& result);
  void take_output(const Impl& impl, Result& result);
  std::size_t output(const CapturedValue& value);
  void take_history();
  void find_versions_of_views(const Extraction& history);

  // ---- trace_plan.cc: the program and its plan
  void plan(const TraceOptions& options);
  void keep_structure();
  Program make_program(const TraceOptions& options) const;

  TracedProgram& program_;
  const SourceLocation at_;
  Trace trace_;
  std::vector<Tensor> handles_;                          // of the arguments, as the function is given them
  std::vector<Impl> impls_;                              // of the arguments: the tensors that the program reads
  std::vector<std::pair<std::size_t, Impl>> new_grads_;  // number of a field, and what it becomes
  std::vector<Impl> fresh_;
  std::vector<CapturedValue> fresh_values_;
  std::vector<Impl> result_impls_;
  std::vector<CapturedValue> outputs_;
  std::vector<std::pair<Result*, CapturedValue>> live_results_;
  std::optional<Extraction> calls_;
  std::vector<Impl> bound_tensors_;                         // of bound_
  std::vector<std::shared_ptr<CapturedCall>> bound_input_;  // of bound_: what stands for its value before the run
  std::vector<CapturedValue> bound_now_;                    // and its value after it, where it is written
};

}  // namespace weft
