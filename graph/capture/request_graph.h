// The calls of a request as a graph, to be differentiated (request.cc, capture_gradients.cc).
#pragma once

#include <vector>

#include "graph/autodiff.h"
#include "graph/capture/extract.h"
#include "graph/walk.h"

namespace weft {

// The calls of a request as a graph, and its gradients as further nodes.
class RequestGraph {
 public:
  explicit RequestGraph(const EagerRequest& request) : request_(request), builder_(graph_) { add_calls(); }
  RequestGraph(const RequestGraph&) = delete;
  RequestGraph& operator=(const RequestGraph&) = delete;

  const Graph& graph() const { return graph_; }
  Builder& builder() { return builder_; }
  // The nodes of calls come first, those of gradients after them.
  bool is_call(NodeId n) const { return n < stands_for_.size(); }

  // An entry is one node or, where its values are known and no gradient crosses it, an input for each result, in a row.
  ValueId of(ValueId v) const {
    return is_input_[v.node] ? ValueId{first_[v.node] + v.output, 0} : ValueId{first_[v.node], v.output};
  }
  // The entry and the first result that the node of a call stands for.
  ValueId entry_of(NodeId n) const { return stands_for_[n]; }

  // Of each group.
  std::vector<Value> differentiate(GradientVisitor* visitor = nullptr);
  // The nodes that these gradients need, down to the calls that they read.
  std::vector<char> needed_by(const std::vector<Value>& gradients) const;
  // Of each entry: whether a second backward() through it would need values that are let go.
  const std::vector<bool>& used_up() const { return used_up_; }

 private:
  void add_calls();
  void find_used_up(const std::vector<char>& used);

  const EagerRequest& request_;
  Graph graph_;
  Builder builder_;
  std::vector<NodeId> first_;
  std::vector<char> is_input_;
  std::vector<ValueId> stands_for_;
  std::vector<bool> used_up_;
};

}  // namespace weft
