// The body of a loop within a graph: a graph of its own. See src/calculus/loops.hpp for what is done with it.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

class Program;

// Inputs lie one after the other in the operands of the loop; outputs are the next state, in the order of `state`.
struct LoopBody {
  Graph graph;
  std::vector<Id> state, parameters, rows, outputs;

  index_t size(const std::vector<Id>& ids) const;
  std::shared_ptr<const Program> program() const;

 private:
  mutable std::once_flag once_;
  mutable std::shared_ptr<const Program> program_;
};

}  // namespace mmlcore::calculus
