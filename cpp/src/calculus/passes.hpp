// A graph cut into stages along the axis of rows that rows.hpp follows: whole operations, a pass over the rows in blocks,
// whole operations that need its sums, a second pass, and so on. Each stage is a program of its own, and a block is a
// program for B rows in place of N: a graph is rewritten, nothing is interpreted.
//
// B is chosen so that the results of a block stay in the first-level cache, and its data in the second, from which they are
// read again: once for X w, once for X'r. The last block has its own program for the rows that are left.
//
// What remains, for a logistic loss of 10,000 x 100 (8 MB, in the third-level cache; one thread, float64, best of some runs
// on a machine with others at work): 117 to 136 us, about what numpy takes for X w alone (120), where nothing is compared:
// data as arguments, or a Function made before; 177 where captured data are compared with what they were (three vector
// operations for a vector, see core/checksum.hpp); by hand in numpy 247. Tried: blocks of 96 and 48 KB of data, 202 and
// 222 us; the next block asked for while sums of this one are taken, no gain (211 against 194 just before).
//
// Sums are added over the blocks of a share of the rows, and then over the shares, in float64 and in the order of the rows.
// The shares depend on the graph alone: the same bits for any number of threads.
#pragma once

#include <memory>
#include <vector>

#include "mmlcore/calculus/program.hpp"
#include "rows.hpp"

namespace mmlcore::calculus {

// Where an array is as a whole.
struct Home {
  enum Where : std::uint8_t { kArgument, kConstant, kMemory, kResult };
  Where where = kMemory;
  index_t at = 0;  // number of the argument, constant or result; place in the memory
};

// An argument or result of a stage's program.
struct Binding {
  Home home;
  index_t size = 0;
  RowForm form;  // none: a whole
};

struct Stage {
  std::unique_ptr<Program> whole;                  // for a stage without rows
  std::unique_ptr<Program> block, tail;            // for B rows, and for those left (null: none)
  index_t block_rows = 0, blocks = 0, shares = 1;  // blocks of B rows; ranges of blocks that may run at once
  std::vector<Binding> inputs, outputs;
  index_t sums = 0;  // numbers of all outputs without a form, of a pass
};

// A constant whose rows a pass reads one after the other: it can be read where the caller has it now, and be checked on the
// way for being what it was.
struct Watched {
  std::uint64_t sum = 0;
  index_t bytes = 0, constant = 0, stage = 0, row = 0;  // row: bytes of one
};

struct Passes {
  index_t rows = 0, memory = 0;  // numbers
  std::vector<Stage> stages;
  std::vector<Binding> copies;  // results that are arguments, constants or other results: to result i, if it has a size
  LargeConstants constants;
  std::vector<Watched> watched;
  bool absorbs = false;

  // Null where nothing is gained by passes.
  static std::shared_ptr<const Passes> made(const Graph& graph, const std::vector<Id>& inputs,
                                            const std::vector<Id>& outputs);
};

}  // namespace mmlcore::calculus
