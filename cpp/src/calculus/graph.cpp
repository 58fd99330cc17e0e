#include "mmlcore/calculus/graph.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "evaluate.hpp"
#include "mmlcore/core/checksum.hpp"
#include "mmlcore/core/errors.hpp"

namespace mmlcore::calculus {
namespace {

constexpr index_t kLargest = index_t{1} << 28;  // numbers of a node

std::size_t mix(std::size_t h, std::size_t x) {
  h ^= x + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdull;
}

std::int32_t checked(index_t size) {
  if (size < 0 || size > kLargest) throw DomainError("f: an array of the traced function has more than 2^28 numbers.");
  return static_cast<std::int32_t>(size);
}

}  // namespace

std::size_t Graph::Hash::operator()(const Node& v) const {
  std::size_t h = static_cast<std::size_t>(v.op);
  for (const std::int32_t x : {v.aux, v.a, v.b, v.c, v.dims[0], v.dims[1], v.dims[2], v.size})
    h = mix(h, static_cast<std::size_t>(static_cast<std::uint32_t>(x)));
  return h;
}

std::size_t Graph::Hash::operator()(const std::vector<std::int32_t>& index) const {
  std::size_t h = index.size();
  for (const std::int32_t i : index) h = mix(h, static_cast<std::size_t>(static_cast<std::uint32_t>(i)));
  return h;
}

std::int32_t Graph::intern(const std::vector<std::int32_t>& index) {
  const auto [at, fresh] = known_indices_.try_emplace(index, static_cast<std::int32_t>(indices_.size()));
  if (fresh) indices_.push_back(index);
  return at->second;
}

Id Graph::add_node(Node node) {
  if (sweeping_ && has(node.op, kCanAbsorb)) {
    // What a value is made of already is computed once.
    if (const auto same = known_.find(node); same != known_.end()) return same->second;
    node.aux |= kAbsorbing;
  }
  const auto [at, fresh] = known_.try_emplace(node, count());
  if (fresh) nodes_.push_back(node);
  return at->second;
}

Id Graph::append(Node node, const std::vector<std::int32_t>& index) {
  if (node.op == Op::Concat || node.op == Op::Gather || node.op == Op::Scatter) node.aux = intern(index);
  return add_node(node);
}

// The node, or the constant that it is.
Id Graph::folded(Node node) {
  const Operands ids = operands(node);
  if (!std::all_of(ids.begin(), ids.end(), [&](Id x) { return is_constant(x); })) return add_node(node);
  if (sweeping_ && has(node.op, kCanAbsorb)) node.aux |= kAbsorbing;
  const std::vector<double> result = evaluate(*this, node);
  return constant(result.data(), node.size);
}

index_t Graph::numbers() const {
  std::size_t count = 0;
  for (const auto& values : constants_) count += values->size() - kPad;
  for (const auto& index : indices_) count += index.size();
  return static_cast<index_t>(count);
}

bool Graph::is_zero(Id id) const {
  if (!is_constant(id)) return false;
  const std::span<const double> x = values(id);
  return std::all_of(x.begin(), x.end(), [](double value) { return value == 0; });
}

Id Graph::input(index_t size) {
  Node node{Op::Input};
  node.aux = inputs_++;
  node.size = checked(size);
  return add_node(node);
}

Id Graph::constant(const double* data, index_t size) {
  Node node{Op::Constant};
  node.size = checked(size);
  const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(double);
  const std::uint64_t sum = checksum(data, bytes);
  for (auto [at, end] = known_constants_.equal_range(sum); at != end; ++at) {
    const Id id = at->second;
    if (nodes_[id].size == size && (size == 0 || std::memcmp(values(id).data(), data, bytes) == 0)) return id;
  }
  // Read once and written once, however long.
  auto kept = std::make_shared<std::vector<double>>();
  kept->reserve(static_cast<std::size_t>(size + kPad));
  kept->assign(data, data + size);
  kept->resize(static_cast<std::size_t>(size + kPad), 0.0);
  node.aux = static_cast<std::int32_t>(constants_.size());
  constants_.push_back(std::move(kept));
  sums_.push_back(sum);
  const Id id = add_node(node);
  known_constants_.emplace(sum, id);
  if (size > 1 && std::all_of(data, data + size, [&](double x) { return std::memcmp(&x, data, sizeof x) == 0; }))
    same_everywhere_[id] = constant(data, 1);
  return id;
}

Id Graph::full(Id x, index_t size) {
  const index_t part = nodes_[x].size;
  return part == size || part == 0 ? x : tile(x, 1, size / part, part);
}

Id Graph::sum(Id x, index_t outer, index_t repeats, index_t inner) {
  if (repeats == 1) return x;
  Node node{Op::Sum};
  node.a = x;
  node.dims[0] = checked(outer), node.dims[1] = checked(repeats), node.dims[2] = checked(inner);
  node.size = checked(outer * inner);
  return folded(node);
}

Id Graph::tile(Id x, index_t outer, index_t repeats, index_t inner) {
  if (repeats == 1) return x;
  Node node{Op::Tile};
  node.a = x;
  node.dims[0] = checked(outer), node.dims[1] = checked(repeats), node.dims[2] = checked(inner);
  node.size = checked(outer * repeats * inner);
  return folded(node);
}

Id Graph::gather(Id x, index_t outer, const std::vector<std::int32_t>& index) {
  const index_t length = outer ? nodes_[x].size / outer : 0, count = static_cast<index_t>(index.size());
  bool same = count == length;
  for (index_t i = 0; i < count; ++i) {
    if (index[i] < 0 || index[i] >= length) throw DomainError("f: an index lies outside its array.");
    same = same && index[i] == i;
  }
  if (same) return x;
  // Gathering from a repeated number, or twice, is gathering once.
  const Node inner = nodes_[x];
  if (inner.op == Op::Tile && nodes_[inner.a].size == 1) return full(inner.a, checked(outer * count));
  if (inner.op == Op::Gather && inner.dims[0] == outer) {
    const std::vector<std::int32_t>& first = indices_[inner.aux];
    std::vector<std::int32_t> both(index.size());
    for (index_t i = 0; i < count; ++i) both[i] = first[index[i]];
    return gather(inner.a, outer, both);
  }
  // Elements of one part of a concatenation.
  if (inner.op == Op::Concat && outer == 1 && count > 0) {
    const std::vector<Id> parts = indices_[inner.aux];
    index_t start = 0;
    for (const Id part : parts) {
      const index_t end = start + nodes_[part].size;
      if (std::all_of(index.begin(), index.end(), [&](std::int32_t i) { return i >= start && i < end; })) {
        std::vector<std::int32_t> within(index);
        for (std::int32_t& i : within) i -= static_cast<std::int32_t>(start);
        return gather(part, 1, within);
      }
      start = end;
    }
  }
  Node node{Op::Gather};
  node.aux = intern(index);
  node.a = x;
  node.dims[0] = checked(outer), node.dims[1] = checked(length);
  node.size = checked(outer * count);
  return folded(node);
}

Id Graph::scatter(Id x, index_t outer, const std::vector<std::int32_t>& index, index_t length) {
  Node node{Op::Scatter};
  node.aux = intern(index);
  node.a = x;
  node.dims[0] = checked(outer), node.dims[1] = checked(length);
  node.size = checked(outer * length);
  return folded(node);
}

Id Graph::concat(const std::vector<Id>& parts) {
  if (parts.size() == 1) return parts[0];
  Node node{Op::Concat};
  index_t size = 0;
  for (const Id part : parts) size += nodes_[part].size;
  node.aux = intern(parts);
  node.size = checked(size);
  return folded(node);
}

bool Graph::is_symmetric(Id id, index_t n) {
  if (!is_constant(id) || nodes_[id].size != n * n) return false;
  const auto [known, fresh] = symmetric_.try_emplace(id, true);
  if (!fresh) return known->second;
  const std::span<const double> a = values(id);
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < i; ++j) {
      if (a[i * n + j] != a[j * n + i]) return known->second = false;
    }
  }
  return true;
}

// The product X Y where X = C u, of which each row has one number at most, as where unit vectors travel backwards through an
// elementwise function: rows of Y times that number, k times less work. kNone where X or Y is nothing like that.
Id Graph::picked_rows(Id x, Id y, index_t k, index_t n, bool transposed) {
  const auto [c, u] = spread(x, false);
  if (c == kNone || nodes_[y].size != k * n || k < 2) return kNone;
  const std::span<const double> pattern = values(c);
  const index_t rows = nodes_[x].size / k, length = nodes_[u].size;
  std::vector<std::int32_t> from_u(rows), from_y(rows * n);
  std::vector<double> factor(rows * n);
  for (index_t i = 0; i < rows; ++i) {
    index_t at = -1;
    for (index_t l = 0; l < k; ++l) {
      if (pattern[i * k + l] == 0) continue;
      if (at >= 0) return kNone;
      at = l;
    }
    const index_t column = std::max<index_t>(at, 0);
    from_u[i] = static_cast<std::int32_t>((i * k + column) % length);
    for (index_t j = 0; j < n; ++j) {
      from_y[i * n + j] = static_cast<std::int32_t>(transposed ? j * k + column : column * n + j);
      factor[i * n + j] = at < 0 ? 0 : pattern[i * k + at];
    }
  }
  const Id scaled_rows = multiply(gather(y, 1, from_y), constant(factor.data(), rows * n));
  return multiply(tile(gather(u, 1, from_u), rows, n, 1), scaled_rows);
}

Id Graph::matmul(Id x, Id y, index_t m, index_t k, index_t n, int transposed) {
  // Symmetric matrices are their own transposes: in the gradient of x'A x, both products are one.
  if ((transposed & 1) && m == k && is_symmetric(x, k)) transposed &= ~1;
  if ((transposed & 2) && k == n && is_symmetric(y, k)) transposed &= ~2;
  if (sweeping_) {
    if (transposed % 2 == 0) {
      if (const Id rows = picked_rows(x, y, k, n, transposed & 2); rows != kNone) return rows;
    }
    if (n == 1) {  // as rows, times the transpose
      if (const Id rows = picked_rows(y, x, k, m, !(transposed & 1)); rows != kNone) return rows;
    }
    // A number times a row or column; and (c u) A = c (u A), so that u A is computed once.
    if (m == 1 && k == 1 && nodes_[x].size == 1) return multiply(x, y);
    if (n == 1 && k == 1 && nodes_[y].size == 1) return multiply(x, y);
    if (const auto [c, u] = moderately_scaled(x); u != kNone) return scale(matmul(u, y, m, k, n, transposed), c);
    if (const auto [c, u] = moderately_scaled(y); u != kNone) return scale(matmul(x, u, m, k, n, transposed), c);
  }
  Node node{Op::MatMul};
  node.aux = transposed;
  node.a = x;
  node.b = y;
  node.dims[0] = checked(m), node.dims[1] = checked(k), node.dims[2] = checked(n);
  const index_t stack_x = m * k > 0 ? nodes_[x].size / (m * k) : 1, stack_y = k * n > 0 ? nodes_[y].size / (k * n) : 1;
  node.size = checked(std::max(stack_x, stack_y) * m * n);
  return folded(node);
}

Id Graph::recurrence(Id a, Id b, index_t outer, index_t count, index_t inner, bool backwards) {
  Node node{Op::Recurrence};
  node.aux = backwards;
  node.a = a;
  node.b = b;
  node.dims[0] = checked(outer), node.dims[1] = checked(count), node.dims[2] = checked(inner);
  node.size = checked(outer * count * inner);
  return folded(node);
}

namespace {

Node line_node(Op op, Id a, Id b, index_t outer, index_t n, index_t inner, index_t size) {
  if (n > (index_t{1} << 24))
    throw DomainError("f: more than 2^24 numbers are sorted, or picked from.");  // whole in float32
  Node node{op};
  node.a = a, node.b = b;
  node.dims[0] = checked(outer), node.dims[1] = checked(n), node.dims[2] = checked(inner);
  node.size = checked(size);
  return node;
}

}  // namespace

Id Graph::order(Id x, index_t outer, index_t n, index_t inner) {
  return folded(line_node(Op::Order, x, kNone, outer, n, inner, nodes_[x].size));
}

Id Graph::pick(Id x, Id index, index_t outer, index_t n, index_t inner, index_t size) {
  return folded(line_node(Op::Pick, x, index, outer, n, inner, size));
}

Id Graph::place(Id x, Id index, index_t outer, index_t n, index_t inner) {
  return folded(line_node(Op::Place, x, index, outer, n, inner, outer * n * inner));
}

Id Graph::search(Id sorted, Id x, bool or_equal) {
  Node node = line_node(Op::Search, sorted, x, 1, nodes_[sorted].size, 1, nodes_[x].size);
  node.aux = or_equal;
  return folded(node);
}

Id Graph::loop(std::shared_ptr<const LoopBody> body, Id state, Id parameters, Id rows, index_t count, bool all) {
  Node node{Op::Loop};
  const auto same = std::find(bodies_.begin(), bodies_.end(), body);
  node.aux = static_cast<std::int32_t>(same - bodies_.begin());
  if (same == bodies_.end()) bodies_.push_back(std::move(body));
  node.a = state, node.b = parameters, node.c = rows;
  node.dims[0] = checked(count), node.dims[2] = all;
  node.size = checked(nodes_[state].size * (all ? count + 1 : 1));
  return add_node(node);
}

Id Graph::matrices(Op op, Id a, Id b, index_t m, index_t n, index_t k, std::int32_t aux) {
  Node node{op};
  node.aux = aux;
  node.a = a, node.b = b;
  node.dims[0] = checked(m), node.dims[1] = checked(n), node.dims[2] = checked(k);
  const ItemSizes sizes = item_sizes(op, m, n, k);
  const index_t in_a = sizes.a ? nodes_[a].size / sizes.a : 0, in_b = b != kNone && sizes.b ? nodes_[b].size / sizes.b : 1;
  node.size = checked((op == Op::Solve ? std::max(in_a, in_b) : in_a) * sizes.result);
  return folded(node);
}

}  // namespace mmlcore::calculus
