// What the two layouts of a program start from, and the steps that lead there.
#pragma once

#include "mmlcore/calculus/program.hpp"

namespace mmlcore::calculus {

inline std::int32_t padded(index_t size, index_t pad) { return static_cast<std::int32_t>((size + pad - 1) / pad * pad); }

inline bool same_or_number(const Graph& g, Id x, index_t size) { return g.size(x) == size || g.size(x) == 1; }

// a b + c and its like, where nothing else reads the product. Returns the nodes as they are to run.
struct Fused {
  std::vector<Node> nodes;
  std::vector<char> gone;
};
Fused fuse(const Graph& g, const std::vector<std::int32_t>& readers);

// What both layouts start from.
struct Program::Plan {
  const std::vector<Id>&inputs, &outputs;
  Fused fused;
  std::vector<char> runs;             // which nodes are wanted, and not fused away
  std::vector<std::int32_t> readers;  // how many operations and outputs read a node
  std::vector<Operand> constants;     // where they are in the pool
  std::vector<std::int32_t> lists;    // of gathers and scatters
};

}  // namespace mmlcore::calculus
