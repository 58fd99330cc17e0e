// The graph of a function: what a traced function does, one operation after the other.
//
// A node is the result of one operation on earlier nodes (single assignment: a node never changes), an array of `size`
// numbers. Shapes are Python's business; here an array is flat. A node is added by `Graph::unary`, `binary` and so on, which
//
//   * find it if it is there already (common subexpressions are one node),
//   * compute it if all its operands are constants,
//   * leave out what changes nothing: x + 0, x * 1, -(-x).
//
// So the order of the nodes is an order in which they can be computed, and derivatives (differentiate.hpp, taylor.hpp) are
// further nodes of the same graph: what value, gradient and Hessian have in common is computed once.
//
// Operands of elementwise operations may be shorter than the result if their size divides it: they are then repeated
// ("tiled"), as numpy repeats leading axes. That is all the broadcasting there is; a number is an operand of size 1. It is
// also how derivatives in k directions work: k copies of the size of a node, one direction after the other, times partial
// derivatives that are there once.
//
// The operations are rows of a table, operations.def. Structure is linear operations, in pairs of transposes (which is what
// the reverse sweep needs): sums of blocks and repetitions of blocks, picking elements by an index and adding elements to
// where an index says, and concatenation; then running sums and products, and products of matrices.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "mmlcore/calculus/operation.hpp"
#include "mmlcore/core/views.hpp"

namespace mmlcore::calculus {

// Set in `aux` of products, quotients and recurrences that derivatives are made of: a factor that is exactly zero, or a zero
// numerator, makes them zero whatever the other operand is. See "Where the chain rule meets infinity" in differentiate.hpp.
inline constexpr std::int32_t kAbsorbing = 4;

using Id = std::int32_t;
inline constexpr Id kNone = -1;  // in derivatives: zero, whatever the point

struct Node {
  Op op;
  std::int32_t aux = 0;
  Id a = kNone, b = kNone, c = kNone;
  std::int32_t dims[3] = {0, 0, 0};
  std::int32_t size = 0;

  bool operator==(const Node&) const = default;
};

// Numbers of a matrix of each operand, and of its result, of an operation on stacks of matrices.
struct ItemSizes {
  index_t a, b, result;
};
ItemSizes item_sizes(Op op, index_t m, index_t n, index_t k);

inline constexpr std::int32_t kPad = 16;  // numbers: a vector of any type and level

// The operands of a node, without memory of their own: they are asked for all the time.
class Operands {
 public:
  Operands(Id a, Id b, Id c) : few_{a, b, c}, count_((a != kNone) + (b != kNone) + (c != kNone)) {}
  explicit Operands(const std::vector<Id>& many) : many_(many.data()), count_(many.size()) {}

  const Id* begin() const { return many_ ? many_ : few_; }
  const Id* end() const { return begin() + count_; }
  std::size_t size() const { return count_; }
  Id operator[](std::size_t i) const { return begin()[i]; }
  operator std::vector<Id>() const { return {begin(), end()}; }

 private:
  Id few_[3] = {kNone, kNone, kNone};  // in their order: no operand follows none
  const Id* many_ = nullptr;
  std::size_t count_;
};

struct LoopBody;  // loop_body.hpp

class Graph {
 public:
  Id input(index_t size);
  Id constant(const double* values, index_t size);
  Id constant(double value) { return constant(&value, 1); }
  Id unary(Op op, Id x, std::int32_t aux = 0);
  Id binary(Op op, Id x, Id y);
  Id select(Id condition, Id x, Id y);
  Id pow(Id x, double exponent);
  Id sum(Id x, index_t outer, index_t repeats, index_t inner);
  Id tile(Id x, index_t outer, index_t repeats, index_t inner);
  Id gather(Id x, index_t outer, const std::vector<std::int32_t>& index);
  Id scatter(Id x, index_t outer, const std::vector<std::int32_t>& index, index_t length);
  Id concat(const std::vector<Id>& parts);
  Id matmul(Id x, Id y, index_t m, index_t k, index_t n, int transposed = 0);
  Id recurrence(Id a, Id b, index_t outer, index_t count, index_t inner, bool backwards = false);
  Id order(Id x, index_t outer, index_t n, index_t inner);
  Id pick(Id x, Id index, index_t outer, index_t n, index_t inner, index_t size);
  Id place(Id x, Id index, index_t outer, index_t n, index_t inner);
  Id search(Id sorted, Id x, bool or_equal);
  // The last state (size of `state`), or all count + 1 of them; rows: (count, size of one).
  Id loop(std::shared_ptr<const LoopBody> body, Id state, Id parameters, Id rows, index_t count, bool all);
  const std::shared_ptr<const LoopBody>& body(std::int32_t aux) const { return bodies_[aux]; }
  // Of stacks of matrices (m, n), k: see operations.def.
  Id matrices(Op op, Id a, Id b, index_t m, index_t n, index_t k, std::int32_t aux = 0);

  Id add(Id x, Id y) { return binary(Op::Add, x, y); }
  Id subtract(Id x, Id y) { return binary(Op::Subtract, x, y); }
  Id multiply(Id x, Id y) { return binary(Op::Multiply, x, y); }
  Id divide(Id x, Id y) { return binary(Op::Divide, x, y); }
  Id negative(Id x) { return unary(Op::Negative, x); }
  Id scale(Id x, double factor) { return multiply(x, constant(factor)); }
  Id full(Id x, index_t size);  // repeated up to `size`

  // A node as it is, neither simplified nor computed; `index` of one that has one.
  Id append(Node node, const std::vector<std::int32_t>& index);

  const Node& operator[](Id id) const { return nodes_[id]; }
  Id count() const { return static_cast<Id>(nodes_.size()); }
  index_t numbers() const;  // that constants and indices hold
  index_t size(Id id) const { return nodes_[id].size; }
  bool is_constant(Id id) const { return nodes_[id].op == Op::Constant; }
  std::span<const double> values(Id id) const {
    return {constants_[nodes_[id].aux]->data(), static_cast<std::size_t>(nodes_[id].size)};
  }
  std::uint64_t checksum_of(Id id) const { return sums_[nodes_[id].aux]; }  // of a constant
  // The same for those who keep them longer than the graph; kPad zeros follow.
  std::shared_ptr<const std::vector<double>> kept_values(Id id) const { return constants_[nodes_[id].aux]; }
  const std::vector<std::int32_t>& index(std::int32_t aux) const { return indices_[aux]; }
  bool is_zero(Id id) const;            // a constant of zeros
  bool is_symmetric(Id id, index_t n);  // a constant matrix (n, n)

  // While one lives, products that are added are those of derivatives.
  class Sweep {
   public:
    explicit Sweep(Graph& graph, bool on = true) : g_(graph), before_(graph.sweeping_) { g_.sweeping_ = on; }
    ~Sweep() { g_.sweeping_ = before_; }
    Sweep(const Sweep&) = delete;
    Sweep& operator=(const Sweep&) = delete;

   private:
    Graph& g_;
    const bool before_;
  };
  Operands operands(const Node& v) const { return v.op == Op::Concat ? Operands(indices_[v.aux]) : Operands(v.a, v.b, v.c); }
  Operands operands(Id id) const { return operands(nodes_[id]); }

 private:
  Id add_node(Node node);
  Id folded(Node node);
  bool is_number(Id id) const;
  bool is_value(Id id, double value) const;
  Id as_number(Id x, Id beside) const;
  std::pair<double, Id> scaled(Id id) const;
  std::pair<double, Id> moderately_scaled(Id id) const;
  std::pair<Id, Id> spread(Id id, bool shorter = true) const;
  Id together(Id x, Id y, Op op = Op::Add);
  Id multiples(Id x, Id y, int sign);
  Id picked_rows(Id x, Id y, index_t k, index_t n, bool transposed);
  int sign_of(Id id) const;  // 1: never negative; -1: never positive; 0: unknown
  std::int32_t intern(const std::vector<std::int32_t>& index);

  struct Hash {
    std::size_t operator()(const Node& node) const;
    std::size_t operator()(const std::vector<std::int32_t>& index) const;
  };
  std::vector<Node> nodes_;
  std::int32_t inputs_ = 0;
  bool sweeping_ = false;
  std::vector<std::shared_ptr<const std::vector<double>>> constants_;
  std::vector<std::uint64_t> sums_;  // checksums of constants
  std::vector<std::vector<std::int32_t>> indices_;
  std::vector<std::shared_ptr<const LoopBody>> bodies_;
  std::unordered_map<Node, Id, Hash> known_;
  std::unordered_map<std::vector<std::int32_t>, std::int32_t, Hash> known_indices_;
  std::unordered_map<Id, bool> symmetric_;                      // constant matrices that were asked for
  std::unordered_map<Id, Id> same_everywhere_;                  // constant arrays of one number, and that number
  std::unordered_multimap<std::uint64_t, Id> known_constants_;  // by the checksums of their numbers
};

}  // namespace mmlcore::calculus
