#ifndef __clang__
// GCC 12 takes the iterators of an empty boost::optional, which Boost never reads, for uninitialised reads.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "graph/text/dot.h"

#include <boost/graph/graphviz.hpp>
#include <ostream>

#include "graph/boost_graph.h"

namespace weft {
namespace {

// The inside of a quoted Graphviz string: any byte sequence stays one label.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result;
}

std::string bytes_text(std::size_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  if (bytes < 1024 * 1024) return std::to_string(bytes / 1024) + " KiB";
  return std::to_string(bytes / (1024 * 1024)) + " MiB";
}

std::string label(const Graph& graph, NodeId n) {
  const Node& node = graph.node(n);
  const std::string* name = graph.name(n);
  std::string text = (name ? escaped(*name) : "v" + std::to_string(n)) + " = " + escaped(node.op->name);
  for (const TensorType& type : node.outputs) text += "\\n" + type.str() + "  " + bytes_text(type.bytes());
  return text;
}

}  // namespace

void write_dot(const Graph& graph, std::ostream& out) {
  std::vector<char> is_output(graph.size(), 0);
  for (const ValueId& v : graph.outputs()) is_output[v.node] = 1;
  const auto write_node = [&](std::ostream& os, std::size_t n) {
    os << "[label=\"" << label(graph, static_cast<NodeId>(n)) << '"' << (is_output[n] ? ", peripheries=2]" : "]");
  };
  // Edges are stored from reader to operand; drawn upwards and reversed, they run down from operand to reader.
  const auto write_edge = [&](std::ostream& os, const auto& edge) {
    const std::uint32_t output = graph.boost()[edge].output;
    if (output > 0) os << "[headlabel=\"" << output << "\"]";
  };
  const auto write_header = [](std::ostream& os) {
    os << "rankdir=BT;\nnode [shape=box, fontname=monospace];\nedge [dir=back];\n";
  };
  boost::write_graphviz(out, graph.boost(), write_node, write_edge, write_header);
}

}  // namespace weft
