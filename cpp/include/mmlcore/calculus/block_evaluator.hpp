// A program run by a kernel of another chapter, block by block, in place: the kernel writes the arguments where the program
// reads them and reads the results where it leaves them, so that nothing is copied or rearranged.
//
// Everything lies as [number][point]. Arguments are written anew before each run: their places are used again once nobody
// reads them any more.
#pragma once

#include <memory>
#include <vector>

#include "mmlcore/calculus/program.hpp"
#include "mmlcore/core/buffer.hpp"

namespace mmlcore::calculus {

template <class T>
class Runner;

class BlockEvaluator {
 public:
  // `points`: how many a block has, a multiple of the vectors' width.
  BlockEvaluator(const Program& program, index_t points);
  ~BlockEvaluator();

  index_t points() const { return points_; }
  double* input(index_t i) const;  // null if the program does not read it
  void run();
  void run_absorbing();  // where `run` gave NaN: see differentiate.hpp
  const double* output(index_t i) const;

  // Points of a block whose intermediate results stay in the first-level cache.
  static index_t fitting(const Program& program);
  static index_t width();  // of a vector

 private:
  std::unique_ptr<Runner<double>> runner_;
  const index_t points_;
  std::vector<Buffer<double>> constants_;  // results that are the same for all points, spread to them
};

}  // namespace mmlcore::calculus
