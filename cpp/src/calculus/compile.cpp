#include <algorithm>
#include <map>

#include "mmlcore/calculus/program.hpp"

namespace mmlcore::calculus {
namespace {

constexpr std::int32_t kPad = 16;  // numbers: a vector of any type and level

std::int32_t padded(index_t size, index_t pad) { return static_cast<std::int32_t>((size + pad - 1) / pad * pad); }

// Places for arrays: those given back are taken again by arrays of the same size or smaller.
class Places {
 public:
  explicit Places(index_t pad) : pad_(pad) {}

  std::int32_t take(index_t size) {
    // Vectors that start anywhere in a padded array may reach beyond its end.
    const index_t beyond = pad_ > 1 && size > 1 ? pad_ : 0;
    const std::int32_t need = std::max<std::int32_t>(padded(size + beyond, pad_), 1);
    const auto at = free_.lower_bound(need);
    if (at != free_.end() && at->first <= 2 * need) {
      const std::int32_t place = at->second;
      sizes_[place] = at->first;
      free_.erase(at);
      return place;
    }
    const std::int32_t place = end_;
    sizes_[place] = need;
    end_ += need;
    return place;
  }
  void give(std::int32_t place) { free_.emplace(sizes_[place], place); }
  std::int32_t end() const { return end_; }

 private:
  std::multimap<std::int32_t, std::int32_t> free_;
  std::map<std::int32_t, std::int32_t> sizes_;
  index_t pad_;
  std::int32_t end_ = 0;
};

// a b + c and its like, where nothing else reads the product. Returns the nodes as they are to run.
struct Fused {
  std::vector<Node> nodes;
  std::vector<char> gone;
};

bool same_or_number(const Graph& g, Id x, index_t size) { return g.size(x) == size || g.size(x) == 1; }

Fused fuse(const Graph& g, const std::vector<std::int32_t>& readers) {
  Fused f{{}, std::vector<char>(g.count(), 0)};
  for (Id id = 0; id < g.count(); ++id) f.nodes.push_back(g[id]);
  for (Id id = 0; id < g.count(); ++id) {
    const Node v = g[id];
    if ((v.op != Op::Add && v.op != Op::Subtract) || readers[id] == 0) continue;
    for (const bool second : {true, false}) {
      const Id product = second ? v.b : v.a, other = second ? v.a : v.b;
      const Node p = g[product];
      const bool square = p.op == Op::Square;
      if ((p.op != Op::Multiply && !square) || readers[product] != 1 || f.gone[product] || p.size != v.size) continue;
      const Id right = square ? p.a : p.b;
      if (!same_or_number(g, p.a, v.size) || !same_or_number(g, right, v.size) || !same_or_number(g, other, v.size))
        continue;
      Node& fused = f.nodes[id];
      fused.op = v.op == Op::Add ? Op::MultiplyAdd : second ? Op::SubtractMultiply : Op::MultiplySubtract;
      fused.a = p.a, fused.b = right, fused.c = other;
      f.gone[product] = 1;
      break;
    }
  }
  return f;
}

double cost(const Graph& g, const Node& v) {
  switch (v.op) {
    case Op::MultiplyAdd:
    case Op::MultiplySubtract:
    case Op::SubtractMultiply:
      return 2.0 * v.size;
    case Op::Sum:
      return g.size(v.a);
    case Op::MatMul:
      return 2.0 * v.size * v.dims[1];
    case Op::Tile:
    case Op::Gather:
    case Op::Concat:
      return 0;
    case Op::Scatter:
      return g.size(v.a);
    default:
      return v.size;
  }
}

}  // namespace

// What both layouts start from.
struct Program::Plan {
  const std::vector<Id>&inputs, &outputs;
  Fused fused;
  std::vector<char> runs;             // which nodes are wanted, and not fused away
  std::vector<std::int32_t> readers;  // how many operations and outputs read a node
  std::vector<Operand> constants;     // where they are in the pool
  std::vector<std::int32_t> lists;    // of gathers and scatters
};

Program::Program(const Graph& g, const std::vector<Id>& inputs, const std::vector<Id>& outputs) {
  // Counted from the outputs: what they do not need does not run.
  std::vector<std::int32_t> readers(g.count(), 0);
  for (const Id id : outputs) readers[id] += 1;
  for (Id id = g.count() - 1; id >= 0; --id) {
    if (readers[id] == 0) continue;
    for (const Id x : g.operands(id)) readers[x] += 1;
  }
  Plan plan{inputs,
            outputs,
            fuse(g, readers),
            std::vector<char>(g.count(), 0),
            std::vector<std::int32_t>(g.count(), 0),
            std::vector<Operand>(g.count()),
            std::vector<std::int32_t>(g.count(), -1)};
  for (const Id id : outputs) plan.readers[id] += 1;
  for (Id id = 0; id < g.count(); ++id) {
    const Node& v = plan.fused.nodes[id];
    if (readers[id] == 0 || plan.fused.gone[id]) continue;
    plan.runs[id] = v.op != Op::Input && v.op != Op::Constant;
    for (const Id x : g.operands(v)) plan.readers[x] += 1;
    flops_ += plan.runs[id] ? cost(g, v) : 0;
    if (v.op == Op::Constant) {
      plan.constants[id] = {static_cast<std::int32_t>(pool64_.size()), v.size, true};
      pool64_.insert(pool64_.end(), g.values(id).begin(), g.values(id).end());
      pool64_.resize(padded(static_cast<index_t>(pool64_.size()), kPad), 0.0);
    }
    if (v.op == Op::Gather || v.op == Op::Scatter) {
      plan.lists[id] = static_cast<std::int32_t>(lists_.size());
      lists_.push_back(g.index(v.aux));
    }
  }
  pool64_.resize(pool64_.size() + kPad, 0.0);
  pool32_.assign(pool64_.begin(), pool64_.end());
  for (const Id id : inputs) input_sizes_.push_back(g.size(id));
  single_ = lay_out(g, plan, kPad);
  blocks_ = lay_out(g, plan, 1);
}

Layout Program::lay_out(const Graph& g, const Plan& plan, index_t pad) const {
  Layout layout;
  Places places(pad);
  std::vector<std::int32_t> left = plan.readers;
  std::vector<Operand> at = plan.constants;
  const auto give_back = [&](Id x) {
    if (--left[x] == 0 && !at[x].constant) places.give(at[x].place);
  };
  for (const Id id : plan.inputs) {
    if (plan.readers[id]) at[id] = {places.take(g.size(id)), static_cast<std::int32_t>(g.size(id)), false};
    layout.inputs.push_back(at[id]);
  }
  for (Id id = 0; id < g.count(); ++id) {
    if (!plan.runs[id]) continue;
    const Node& v = plan.fused.nodes[id];
    Instruction in{v.op};
    in.aux = v.aux;
    in.size = v.size;
    std::copy(v.dims, v.dims + 3, in.dims);
    const std::vector<Id> ids = g.operands(v);
    if (v.op == Op::Concat) {
      in.list = static_cast<std::int32_t>(layout.parts.size());
      layout.parts.emplace_back();
      for (const Id x : ids) layout.parts.back().push_back(at[x]);
    } else {
      for (std::size_t i = 0; i < ids.size(); ++i) in.operands[i] = at[ids[i]];
    }
    if (plan.lists[id] >= 0) {
      in.list = plan.lists[id];
      const std::vector<std::int32_t>& index = lists_[in.list];
      in.first = index.empty() ? 0 : index[0];
      in.step = index.size() > 1 ? index[1] - index[0] : 1;
      for (std::size_t i = 1; i < index.size(); ++i) {
        if (index[i] - index[i - 1] != in.step) in.step = 0;
      }
    }
    // An elementwise operation may overwrite an operand of its own size; shorter ones are read again and again.
    bool in_place = is_elementwise(v.op);
    for (const Id x : ids) in_place = in_place && same_or_number(g, x, v.size);
    const auto overwritten = [&](Id x) { return in_place && g.size(x) == v.size; };
    for (const Id x : ids) {
      if (overwritten(x)) give_back(x);
    }
    at[id] = {places.take(v.size), v.size, false};
    for (const Id x : ids) {
      if (!overwritten(x)) give_back(x);
    }
    in.place = at[id].place;
    layout.code.push_back(in);
  }
  for (const Id id : plan.outputs) layout.outputs.push_back(at[id]);
  layout.memory = places.end() + (pad > 1 ? kPad : 0);
  return layout;
}

template <>
const std::vector<double>& Program::pool<double>() const {
  return pool64_;
}
template <>
const std::vector<float>& Program::pool<float>() const {
  return pool32_;
}

}  // namespace mmlcore::calculus
