#ifndef __clang__
// GCC 12 takes the iterators of an empty boost::optional, which Boost never reads, for uninitialised reads.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "graph/text/dot.h"

#include <boost/graph/graphviz.hpp>
#include <map>
#include <ostream>
#include <string>
#include <vector>

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

void write_nodes(const Graph& graph, std::ostream& out) {
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

// ---- Groups of nodes, where there are too many of them for Graphviz

constexpr std::size_t kMostNodes = 200;
constexpr std::size_t kMostGroups = 100;

// What the nodes of a group have in common: "" and 0 stand for anything.
struct GroupKey {
  std::string_view op, file;
  int line = 0;
  auto operator<=>(const GroupKey&) const = default;
};

struct Groups {
  std::vector<std::uint32_t> of;  // by node
  std::vector<GroupKey> keys;     // in the order of their first nodes
};

template <class Key>
Groups group_by(const Graph& graph, Key key) {
  Groups groups;
  std::map<GroupKey, std::uint32_t> known;
  for (NodeId n = 0; n < graph.size(); ++n) {
    const auto [at, fresh] = known.try_emplace(key(graph.node(n)), static_cast<std::uint32_t>(groups.keys.size()));
    if (fresh) groups.keys.push_back(at->first);
    groups.of.push_back(at->second);
  }
  return groups;
}

// By operation and line; by line, or at last by operation, where that are still too many.
Groups groups_of(const Graph& graph) {
  Groups groups = group_by(graph, [](const Node& n) { return GroupKey{n.op->name, n.where.file, n.where.line}; });
  if (groups.keys.size() > kMostGroups)
    groups = group_by(graph, [](const Node& n) { return GroupKey{"", n.where.file, n.where.line}; });
  if (groups.keys.size() > kMostGroups)
    groups = group_by(graph, [](const Node& n) { return GroupKey{n.op->name, "", 0}; });
  return groups;
}

void write_groups(const Graph& graph, std::ostream& out) {
  const Groups groups = groups_of(graph);
  std::vector<std::size_t> nodes(groups.keys.size(), 0), bytes(groups.keys.size(), 0);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> edges;  // from operand to reader: how many
  for (NodeId n = 0; n < graph.size(); ++n) {
    const std::uint32_t group = groups.of[n];
    ++nodes[group];
    for (const TensorType& type : graph.node(n).outputs) bytes[group] += type.bytes();
    for (const ValueId& v : graph.operands(n))
      if (groups.of[v.node] != group) ++edges[{groups.of[v.node], group}];
  }
  std::vector<char> is_output(groups.keys.size(), 0);
  for (const ValueId& v : graph.outputs()) is_output[groups.of[v.node]] = 1;

  out << "digraph G {\nnode [shape=box, fontname=monospace];\n";
  for (std::size_t g = 0; g < groups.keys.size(); ++g) {
    const GroupKey& key = groups.keys[g];
    out << g << "[label=\"" << (key.op.empty() ? "calls" : escaped(key.op)) << " x" << nodes[g];
    if (!key.file.empty()) out << "\\n" << escaped(key.file.substr(key.file.rfind('/') + 1)) << ":" << key.line;
    out << "\\n" << bytes_text(bytes[g]) << '"' << (is_output[g] ? ", peripheries=2];\n" : "];\n");
  }
  for (const auto& [edge, count] : edges) {
    out << edge.first << "->" << edge.second;
    out << (count > 1 ? "[label=\"" + std::to_string(count) + "\"];\n" : ";\n");
  }
  out << "}\n";
}

}  // namespace

void write_dot(const Graph& graph, std::ostream& out) {
  graph.size() > kMostNodes ? write_groups(graph, out) : write_nodes(graph, out);
}

}  // namespace weft
