// A graph made ready to run: the operations that its outputs need, in order, with places for their results.
//
// Points come in blocks of B. The result of a node of n numbers lies as [number][point] in a slot of n B numbers, so that
// every operation is a loop over SIMD vectors of points; slots are given back as soon as nobody reads them any more, and B
// is chosen so that all slots together stay in the first-level cache. An instruction then costs some nanoseconds for its
// dispatch and the time of its arithmetic, nothing else: no compiler at run time, and no memory traffic but inputs and
// outputs.
//
// A single point (B = 1) of large arrays runs through the same loops, along the arrays. Its slots are padded to whole
// vectors, and loops may compute the padding too; so there are two layouts, one for single points and one for blocks.
// Large constants stay where the graph has them, and the arguments of a single point where the caller has them, as long as
// no loop that computes padding reads these ("far" operands): data of any size are not copied.
//
// Products that only a sum reads are fused with it, sine and cosine of one operand, as a function and its derivative have
// them, are computed together. Elements picked in a row are read where they are; in blocks, the parts
// of a concatenation are computed where they belong.
//
// A Program is immutable: any number of threads may run it at once. Cost: see `flops` and `slots`.
#pragma once

#include <memory>
#include <vector>

#include "mmlcore/calculus/constants.hpp"
#include "mmlcore/calculus/graph.hpp"

namespace mmlcore::calculus {

// An operand: where it is, in numbers for B = 1 (in points-blocks: times B), its size, and whether it is a constant. A far
// one is not in the slots or in the pool of constants, but `place` numbers behind the pointer that a runner has for `far`.
struct Operand {
  std::int32_t place = 0, size = 0;
  bool constant = false;
  std::int32_t far = -1;
};

struct Instruction {
  Op op;
  std::int32_t aux = 0;
  std::int32_t place = 0, size = 0;
  Operand operands[3]{};
  std::int32_t dims[3] = {0, 0, 0};
  bool absorbs = false;    // kAbsorbing
  std::int32_t twin = -1;  // of sin and cos of one operand, which cost little more than one: the place of the other
  std::int32_t list = -1;  // of an index, or of the parts of a concatenation
  // Gather and scatter: index[i] = first + i step, if so; or first + i % group within + i / group between, for group > 0: a
  // matrix that is turned, sequences woven into one another.
  std::int32_t first = 0, step = 0, group = 0, within = 0, between = 0;
};

// A part of a concatenation that is to be copied, and where to.
struct Part {
  Operand from;
  std::int32_t place;
};

// Instructions with places for their results.
struct Layout {
  std::vector<Instruction> code;
  std::vector<std::vector<Part>> parts;  // of concatenations
  std::vector<Operand> inputs, outputs;  // an input that is not used has size 0
  bool absorbs = false;                  // some instruction does
  index_t memory = 0;                    // numbers of a point that are alive at once
};

// One argument or result at all points: point p's numbers are at data + p * stride, contiguous; those of an argument `step`
// apart, where points come in blocks.
template <class T>
struct Points {
  T* data;
  index_t stride;
  index_t step = 1;
};

struct Passes;

class Program {
 public:
  struct Plan;

  // Parts are of another program, run single points alone, and are not cut into passes themselves: kRows of a block of
  // rows, whose far operands come from memory; of its inputs, those that `copied` marks are always copied. kUncut: no
  // passes.
  enum class Kind : std::uint8_t { kWhole, kUncut, kPart, kRows };

  Program(const Graph& graph, const std::vector<Id>& inputs, const std::vector<Id>& outputs, Kind kind = Kind::kWhole,
          const std::vector<char>& copied = {});

  // arguments[i] for inputs[i]; results[i] for outputs[i].
  template <class T>
  void run(index_t points, const Points<const T>* arguments, const Points<T>* results) const;

  // One point, for which the arrays `live` are read where they are now, as long as they hold what the constants did that
  // were made of them: false where they do not. Those that no pass reads in rows are taken off the list.
  struct Live {
    const void* data;
    index_t bytes;
    std::uint64_t sum;  // what its checksum should be
  };
  std::vector<const void*> watch(std::vector<Live>& live) const;
  bool run_live(const double* const* arguments, double* const* results, const std::vector<const void*>& watched) const;

  index_t argument_count() const { return static_cast<index_t>(input_sizes_.size()); }
  index_t result_count() const { return static_cast<index_t>(single_.outputs.size()); }
  index_t argument_size(index_t i) const { return input_sizes_[i]; }
  index_t result_size(index_t i) const { return single_.outputs[i].size; }
  index_t slots() const { return blocks_.memory; }  // numbers of a point that are alive at once
  index_t length() const { return static_cast<index_t>(blocks_.code.size()); }
  template <class T>
  bool in_blocks(index_t points) const;  // whether so many points come in blocks
  index_t single_memory() const { return single_.memory; }
  bool absorbs() const { return single_.absorbs; }
  const Passes* passes() const { return passes_.get(); }
  index_t pass_count() const;              // over the rows of one point
  double flops() const { return flops_; }  // operations on numbers for one point, an elementary function as one
  double product_flops() const { return product_flops_; }  // of these, those of products of matrices

 private:
  template <class T>
  friend class Runner;
  template <class T>
  const std::vector<T>& pool() const;

  Layout lay_out(const Graph& graph, const Plan& plan, index_t pad, const std::vector<char>& copied) const;

  Layout single_, blocks_;
  std::vector<std::vector<std::int32_t>> lists_;
  std::vector<index_t> input_sizes_;
  std::vector<double> pool64_;
  std::vector<float> pool32_;
  LargeConstants large_;
  std::vector<std::shared_ptr<const LoopBody>> loops_;
  std::shared_ptr<const Passes> passes_;  // of single points; null: none
  double flops_ = 0, product_flops_ = 0;
  Kind kind_;
};

template <>
bool Program::in_blocks<float>(index_t) const;
template <>
bool Program::in_blocks<double>(index_t) const;
template <>
void Program::run(index_t, const Points<const float>*, const Points<float>*) const;
template <>
void Program::run(index_t, const Points<const double>*, const Points<double>*) const;

}  // namespace mmlcore::calculus
