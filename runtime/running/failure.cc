#include "runtime/running/failure.h"

#include <new>
#include <string>

#include "runtime/planning/kernel_cache.h"

namespace weft {
namespace {

// The message without the "[op] " that call.fail() writes itself.
std::string without_prefix(std::string text, std::string_view op) {
  const std::string prefix = "[" + std::string(op) + "] ";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

}  // namespace

void throw_failure(const Graph& graph, NodeId n, const std::exception_ptr& cause) {
  std::vector<const TensorType*> types;
  const OpCall call = call_of(graph, n, types);
  try {
    std::rethrow_exception(cause);
  } catch (const Error& error) {
    // Equal calls share a kernel, which may have been made for another line.
    if (*error.where().file) throw error.at(call.where);
    call.fail(error.kind(), without_prefix(without_prefix(error.what(), "memory"), call.op.name));
  } catch (const std::bad_alloc&) {
    call.fail(ErrorKind::memory, "cannot allocate what the kernel needs");
  } catch (const std::exception& error) {
    call.fail(ErrorKind::state, error.what());
  } catch (...) {
    call.fail(ErrorKind::state, "the kernel threw something that is no std::exception");
  }
}

}  // namespace weft
