// The operations of a graph and what is known of each, all from one table: operations.def.
//
// Engines (values, constants, partial derivatives, Taylor series) make their rules of its columns, so that a row without one
// of them does not compile. A structural operation has longer rules, which each engine keeps as overloads on Is<op>:
// `for_structure` goes through the rows, and says by a static assertion which rule is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <type_traits>

#include "mmlcore/core/assertions.hpp"

namespace mmlcore::calculus {

enum class Op : std::uint8_t {
#define OPERATION(op, ...) op,
#include "mmlcore/calculus/operations.def"
};

enum class Kind : std::uint8_t { kLeaf, kStep, kFunction, kFused, kStructure, kMatrix };

enum Traits : std::uint8_t {
  kPlain = 0,
  kCommutes = 1,
  kCanAbsorb = 2,    // see kAbsorbing in graph.hpp
  kTruth = 4,        // bool in numpy
  kNonnegative = 8,  // whatever the operands are
  kKeepsSign = 16,   // has the sign of its first operand
  kCondition = 32,   // the first operand decides, and has no derivative
};

// How it is written: a pattern of Python's format, in which {i:n} is operand i, in brackets if it binds less tightly than n.
// Levels: 0 comparisons, 1 sums, 2 products, 4 powers. Further fields: {aux}, {index} and {all} (operands), {axis}.
struct Notation {
  const char* pattern;  // empty: name(operands)
  int level;            // how tightly it binds
};
inline constexpr int kTight = 9, kAsOperand = -1;

struct Operation {
  const char* name;
  Kind kind;
  int operands;  // -1: any number
  std::uint8_t traits;
  Notation notation;
};

namespace detail {

constexpr Notation written(const char* pattern, int level) { return {pattern, level}; }
constexpr Notation call() { return {"", kTight}; }

inline constexpr Operation kOperations[] = {
#define OPERATION(op, name, kind, operands, traits, print) {#name, Kind::kind, operands, traits, print},
#include "mmlcore/calculus/operations.def"
};

constexpr bool names_differ() {
  for (const Operation& one : kOperations) {
    for (const Operation& other : kOperations) {
      if (&one != &other && std::string_view(one.name) == other.name) return false;
    }
  }
  return true;
}
static_assert(names_differ(), "operations.def: two operations of one name");
static_assert(std::size(kOperations) <= 256, "operations.def: more rows than Op has numbers");

}  // namespace detail

inline constexpr int kOperationCount = static_cast<int>(std::size(detail::kOperations));

constexpr const Operation& operation_of(Op op) { return detail::kOperations[static_cast<std::size_t>(op)]; }
constexpr bool has(Op op, Traits trait) { return (operation_of(op).traits & trait) != 0; }
constexpr int operand_count(Op op) { return operation_of(op).operands; }
constexpr bool is_matrix(Op op) { return operation_of(op).kind == Kind::kMatrix; }
constexpr bool is_step(Op op) { return operation_of(op).kind == Kind::kStep; }
constexpr bool is_elementwise(Op op) {
  const Kind kind = operation_of(op).kind;
  return kind == Kind::kStep || kind == Kind::kFunction || kind == Kind::kFused;
}

template <Op op>
using Is = std::integral_constant<Op, op>;

// One function of several lambdas, of which the argument chooses one.
template <class... F>
struct Rules : F... {
  using F::operator()...;
};
template <class... F>
Rules(F...) -> Rules<F...>;

// rules(Is<op>()) of a structural operation.
template <class R>
auto for_structure(Op op, R&& rules) -> std::invoke_result_t<R&, Is<Op::Sum>> {
  switch (op) {
#define STRUCTURE(op, ...)                                                                                           \
  case Op::op:                                                                                                       \
    static_assert(std::is_invocable_v<R&, Is<Op::op>>, "an engine lacks the rule of the structural operation " #op); \
    return rules(Is<Op::op>());
#include "mmlcore/calculus/operations.def"
    default:
      break;
  }
  MMLCORE_ASSERT(false && "a structural operation");
  if constexpr (!std::is_void_v<std::invoke_result_t<R&, Is<Op::Sum>>>) return {};
}

}  // namespace mmlcore::calculus
