// The Boost graph inside a Graph, for Boost's algorithms.
#pragma once

#include <boost/graph/adjacency_list.hpp>
#include <cstdint>

namespace weft {

// An edge runs from a node to a node that it reads; the out-edges of a node are its operands in order.
struct Use {
  std::uint32_t output = 0;
};

// Vertex n is node n of the Graph.
struct BoostGraph : boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Use> {};

}  // namespace weft
