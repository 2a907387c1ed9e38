// The state behind tensors: what each one is, and the graphs that operations are captured into.
//
// One lock guards all of it (capture_lock): operations, backward() and eager evaluation of different threads take
// turns. Runs of compiled functions never take it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "graph/builder.h"
#include "graph/capture/storage.h"
#include "weft/tensor.h"

namespace weft {

class CapturedGraph;
class Trace;

std::unique_lock<std::recursive_mutex> capture_lock();

// What a Tensor handle names. A leaf has a variable; a captured tensor has a place in a graph, and a variable too once
// its value was computed.
struct TensorImpl : std::enable_shared_from_this<TensorImpl> {
  explicit TensorImpl(TensorType t) : type(std::move(t)) {}
  ~TensorImpl();

  TensorType type;
  bool requires_grad = false;
  bool retains_grad = false;
  const char* grad_name = "";  // of a tensor that an operation made from inputs that require gradients; "" for leaves
  std::shared_ptr<Variable> variable;
  bool pending = false;  // the variable is to take the captured value
  std::shared_ptr<CapturedGraph> graph;
  ValueId id;
  std::shared_ptr<TensorImpl> grad;

  // A variable and no graph: what it is can be read without the capture lock.
  std::atomic<bool> plain{false};

  bool has_value() const { return variable && !pending; }
  bool is_leaf() const { return !requires_grad || *grad_name == '\0'; }

 private:
  friend class CapturedGraph;
  std::size_t live_index_ = 0;
};

// A graph that grows while operations are captured. It lives as long as a tensor in it does.
class CapturedGraph : public std::enable_shared_from_this<CapturedGraph> {
 public:
  // An argument of the graph: a variable, and in eager use the buffer it named when it was captured.
  struct Leaf {
    NodeId node = 0;
    std::shared_ptr<Variable> variable;
    std::shared_ptr<const Buffer> value;
    std::weak_ptr<TensorImpl> tensor;  // whose grad() takes the gradient
    bool requires_grad = false;
    bool consumed = false;  // the leaf stands for a result whose own graph a backward() has used up
    ValueId now;            // in a trace: the value after the assignments captured so far
    bool assigned = false;
  };

  explicit CapturedGraph(Trace* trace = nullptr) : trace_(trace) {}

  // This thread's graph for operations without captured operands: that of its trace, else its current eager graph.
  static std::shared_ptr<CapturedGraph> current();
  // The graph for an operation on these tensors; joins graphs where they are in several.
  static std::shared_ptr<CapturedGraph> of(std::span<const Tensor* const> tensors, SourceLocation at);
  // Operations captured from now on start a new graph.
  static void start_new();

  Graph& graph() { return graph_; }
  Trace* trace() const { return trace_; }
  std::vector<Leaf>& leaves() { return leaves_; }
  // The tensors in this graph that somebody holds, in no particular order.
  const std::vector<TensorImpl*>& live() const { return live_; }

  // Where this tensor is in this graph; a leaf is added where it is not there yet.
  ValueId value_of(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at);
  // The leaf entry of a tensor that has a variable.
  Leaf& leaf_of(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at);
  // In a trace: a captured tensor that takes gradients of its own from here on.
  void make_grad_leaf(const std::shared_ptr<TensorImpl>& tensor);
  // In a trace: the variable has this value from here on.
  void assign(const std::shared_ptr<TensorImpl>& tensor, ValueId value, SourceLocation at);
  // Puts a tensor into this graph, or takes it out.
  void attach(TensorImpl& tensor, ValueId id);
  static void detach(TensorImpl& tensor);

  // Drops the nodes that no live tensor needs.
  void collect();

 private:
  void add_leaf(Leaf leaf);
  ValueId alias(ValueId of, bool requires_grad, SourceLocation at);
  void absorb(CapturedGraph& other);
  void collect_when_grown();
  // Copies the nodes of `from` that `needed` marks; returns their new ids.
  std::vector<NodeId> append(const Graph& from, const std::vector<char>& needed);

  Graph graph_;
  Trace* trace_;
  std::vector<Leaf> leaves_;
  std::unordered_map<const void*, std::size_t> leaf_index_;  // by variable, or by tensor where it requires gradients
  std::unordered_map<const Variable*, std::vector<std::size_t>> leaves_of_variable_;  // in a trace
  std::vector<TensorImpl*> live_;
  std::size_t collect_at_ = 4096;
};

// A new tensor for a value of this graph. grad_name "" takes the op's.
Tensor make_captured(const std::shared_ptr<CapturedGraph>& graph, ValueId id, const char* grad_name = nullptr);
// From here on the tensor is this value of the graph; a leaf's variable takes it when it is computed.
void rebind(TensorImpl& tensor, CapturedGraph& graph, ValueId id);
// A leaf with this value.
Tensor make_leaf(TensorType type, std::shared_ptr<Buffer> buffer);

}  // namespace weft
