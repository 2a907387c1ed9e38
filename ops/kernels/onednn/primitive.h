// What primitives of oneDNN have in common. With the files beside it the only ones that know its headers, its versions
// and OpenMP.
//
// Every primitive is made and executed with one OpenMP thread, so its results depend on shapes only and no team of
// threads ever starts; scratchpads belong to the caller.
#pragma once

#include <dnnl.hpp>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace weft {

// Sets the OpenMP thread count of this thread to 1 and restores it: the host may use OpenMP itself. Primitives depend
// on the count when they are made and when they are executed.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

// Primitives and streams must share one engine object, because oneDNN compares the pointers. Never destroyed: programs
// may outlive the destructors of statics.
const dnnl::engine& onednn_engine();
// An attribute object is a shared handle, so each primitive gets its own.
dnnl::primitive_attr user_scratchpad();

// A primitive and the layouts of its arguments. Immutable, so any number of programs and threads share it.
struct Primitive {
  const char* op;  // in errors
  dnnl::primitive primitive;
  std::vector<std::pair<int, dnnl::memory::desc>> arguments;  // by their DNNL_ARG_ numbers

  std::size_t bytes(std::size_t argument) const { return arguments[argument].second.get_size(); }
};

// The primitive, whose implementation onednn_implementations() has from now on.
Primitive noted(Primitive primitive);

// What one Run needs to execute a primitive: memory objects, whose pointers change only when the Run's do.
class PrimitiveExecution {
 public:
  explicit PrimitiveExecution(std::shared_ptr<const Primitive> primitive);
  // The pointers of the arguments, in their order. Throws Error.
  void operator()(std::initializer_list<const void*> pointers);

 private:
  void check(dnnl_status_t status) const;

  std::shared_ptr<const Primitive> primitive_;
  dnnl::stream stream_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> args_;
  std::vector<const void*> bound_;
};

}  // namespace weft
