#include <algorithm>
#include <map>

#include "loops.hpp"
#include "plan.hpp"

namespace mmlcore::calculus {
namespace {

constexpr index_t kFarInput = 512;  // numbers of an argument that is worth not copying

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

// In the slots of a runner.
bool near(const Operand& x) { return !x.constant && x.far < 0; }

// The step between the numbers of an index, 0 where it changes.
std::int32_t step_of(const std::vector<std::int32_t>& index) {
  const std::int32_t step = index.size() > 1 ? index[1] - index[0] : 1;
  for (std::size_t i = 1; i < index.size(); ++i) {
    if (index[i] - index[i - 1] != step) return 0;
  }
  return step;
}

// Says of an index in groups how it goes in them and from one to the next, if it does so everywhere.
void find_groups(const std::vector<std::int32_t>& index, Instruction& in) {
  const auto count = static_cast<std::int32_t>(index.size());
  if (count < 4) return;
  const std::int32_t within = index[1] - index[0];
  std::int32_t group = 2;
  while (group < count && index[group] - index[group - 1] == within) ++group;
  if (count % group) return;
  const std::int32_t between = count > group ? index[group] - index[0] : 0;
  for (std::int32_t i = 0; i < count; ++i) {
    if (index[i] != index[0] + i % group * within + i / group * between) return;
  }
  in.group = group, in.within = within, in.between = between;
}

// Gives each result its place, in the order in which the operations run. A place belongs to one node, its owner: mostly the
// node itself; for elements picked in a row the array that they are in; for the parts of a concatenation the whole. It is
// given back when nobody reads any of them any more.
class Arrangement {
 public:
  Arrangement(const Graph& graph, const Program::Plan& plan, index_t pad)
      : g_(graph), plan_(plan), places_(pad), left_(plan.readers), at_(plan.constants), owner_(graph.count()) {
    for (Id id = 0; id < g_.count(); ++id) owner_[id] = {id, 0};
    // A padded result would overwrite the part after it: in blocks alone.
    for (Id id = g_.count() - 1; pad == 1 && id >= 0; --id) {
      if (plan.runs[id] && g_[id].op == Op::Concat) claim_parts(id);
    }
  }

  const Operand& operator[](Id id) const { return at_[id]; }
  std::int32_t end() const { return places_.end(); }

  void elsewhere(Id id, std::int32_t far) { at_[id] = {0, static_cast<std::int32_t>(g_.size(id)), false, far}; }
  void place(Id id) {
    const Owner owner = owner_[id];
    Operand& whole = at_[owner.node];
    if (whole.size == 0) whole = {places_.take(g_.size(owner.node)), static_cast<std::int32_t>(g_.size(owner.node)), false};
    if (owner.node != id) at_[id] = {whole.place + owner.offset, static_cast<std::int32_t>(g_.size(id)), false};
  }

  // Whether the node is a piece of its operand: it is read there, and needs no operation.
  bool piece(Id id, const std::vector<std::int32_t>& index) {
    const Node& v = plan_.fused.nodes[id];
    if (v.dims[0] != 1 || index.empty() || !near(at_[v.a]) || owner_[id].node != id || step_of(index) != 1) return false;
    at_[id] = {at_[v.a].place + index[0], v.size, false};
    owner_[id].node = owner_[v.a].node;
    left_[owner_[id].node] += plan_.readers[id] - 1;
    return true;
  }

  // A place for the result, whose operands may be overwritten where they end with it.
  void result(Id id, const Operands& operands) {
    const Node& v = plan_.fused.nodes[id];
    // An elementwise operation may overwrite an operand of its own size; shorter ones are read again and again.
    bool in_place = is_elementwise(v.op);
    for (const Id x : operands) in_place = in_place && same_or_number(g_, x, v.size);
    // A part of a concatenation may be the first to ask for the whole's place: were that the operand's, it would start
    // elsewhere in it.
    in_place = in_place && owner_[id].node == id;
    const auto overwritten = [&](Id x) { return in_place && g_.size(x) == v.size && owner_[x].node == x; };
    for (const Id x : operands) {
      if (overwritten(x)) give_back(x);
    }
    place(id);
    for (const Id x : operands) {
      if (!overwritten(x)) give_back(x);
    }
  }

 private:
  struct Owner {
    Id node;
    std::int32_t offset;  // in the owner's place
  };

  void claim_parts(Id whole) {
    std::int32_t start = 0;
    for (const Id part : g_.operands(whole)) {
      const Op op = plan_.fused.nodes[part].op;
      if (plan_.runs[part] && op != Op::Gather && owner_[part].node == part) {
        owner_[part] = {owner_[whole].node, owner_[whole].offset + start};
        left_[owner_[part].node] += plan_.readers[part];
      }
      start += static_cast<std::int32_t>(g_.size(part));
    }
  }

  void give_back(Id x) {
    const Id owner = owner_[x].node;
    if (--left_[owner] == 0 && near(at_[owner])) places_.give(at_[owner].place);
  }

  const Graph& g_;
  const Program::Plan& plan_;
  Places places_;
  std::vector<std::int32_t> left_;  // readers to come
  std::vector<Operand> at_;
  std::vector<Owner> owner_;
};

// Inputs that are read where the caller has them: no loop reads beyond their ends. Products read what there is; other loops
// read whole vectors, in runs as long as the shortest operand.
std::vector<char> read_exactly(const Graph& g, const Program::Plan& plan) {
  std::vector<char> exact(g.count(), 0);
  for (const Id id : plan.inputs) exact[id] = plan.readers[id] > 0 && g.size(id) >= kFarInput;
  for (Id id = 0; id < g.count(); ++id) {
    if (!plan.runs[id]) continue;
    const Node& v = plan.fused.nodes[id];
    const Operands ids = g.operands(v);
    const auto whole = [&](Id x) { return g.size(x) % kPad == 0 || (g.size(x) == 1 && is_elementwise(v.op)); };
    if (v.op == Op::MatMul || std::all_of(ids.begin(), ids.end(), whole)) continue;
    for (const Id x : ids) exact[x] = 0;
  }
  return exact;
}

// The sine that belongs to a cosine, and the other way round; kNone for all else.
std::vector<Id> twins(const Graph& g, const Program::Plan& plan) {
  std::vector<Id> twin(g.count(), kNone);
  std::map<Id, Id> first;  // by operand
  for (Id id = 0; id < g.count(); ++id) {
    const Node& v = plan.fused.nodes[id];
    if (!plan.runs[id] || (v.op != Op::Sin && v.op != Op::Cos) || g.is_constant(v.a)) continue;
    const auto [at, added] = first.try_emplace(v.a, id);
    if (added || plan.fused.nodes[at->second].op == v.op) continue;
    twin[id] = at->second, twin[at->second] = id;
  }
  return twin;
}

}  // namespace

Layout Program::lay_out(const Graph& g, const Plan& plan, index_t pad, const std::vector<char>& copied) const {
  Layout layout;
  Arrangement at(g, plan, pad);
  auto far = static_cast<std::int32_t>(large_.count());
  std::vector<char> exact = pad > 1 ? read_exactly(g, plan) : std::vector<char>(g.count(), 0);
  for (std::size_t i = 0; i < copied.size(); ++i) exact[plan.inputs[i]] &= !copied[i];
  index_t staged = 0;
  for (const Id id : plan.inputs) {
    // One number of each point of a block lies in a row already, where the caller has it: read there, if whole blocks do.
    const bool row = pad == 1 && plan.readers[id] > 0 && g.size(id) == 1;
    if (exact[id] || row) {
      at.elsewhere(id, far++);
    } else if (plan.readers[id]) {
      at.place(id);
    }
    layout.inputs.push_back(at[id]);
    if (row)
      layout.inputs.back().place = static_cast<std::int32_t>(staged++);  // for other blocks: behind the slots, see below
  }
  const std::vector<Id> twin = twins(g, plan);
  for (Id id = 0; id < g.count(); ++id) {
    if (!plan.runs[id] || (twin[id] != kNone && twin[id] < id)) continue;
    const Node& v = plan.fused.nodes[id];
    if (v.op == Op::Gather && at.piece(id, lists_[plan.lists[id]])) continue;
    Instruction in{v.op};
    in.aux = v.aux;
    in.absorbs = has(v.op, kCanAbsorb) && (v.aux & kAbsorbing);
    layout.absorbs = layout.absorbs || in.absorbs;
    in.size = v.size;
    std::copy(v.dims, v.dims + 3, in.dims);
    const Operands ids = g.operands(v);
    if (v.op == Op::Loop) {
      in.list = plan.lists[id];
      layout.absorbs = layout.absorbs || loops_[in.list]->program()->absorbs();
    } else if (plan.lists[id] >= 0) {
      in.list = plan.lists[id];
      const std::vector<std::int32_t>& index = lists_[in.list];
      in.first = index.empty() ? 0 : index[0];
      in.step = step_of(index);
      if (v.op == Op::Gather && in.step != 1 && pad > 1) find_groups(index, in);
    }
    if (v.op == Op::Concat) {
      at.place(id);
      in.list = static_cast<std::int32_t>(layout.parts.size());
      layout.parts.emplace_back();
      std::int32_t place = at[id].place;
      for (const Id x : ids) {
        if (!near(at[x]) || at[x].place != place) layout.parts.back().push_back({at[x], place});
        place += at[x].size;
      }
    } else {
      for (std::size_t i = 0; i < ids.size(); ++i) in.operands[i] = at[ids[i]];
    }
    at.result(id, ids);
    in.place = at[id].place;
    if (twin[id] != kNone) {
      at.result(twin[id], ids);
      in.twin = at[twin[id]].place;
    }
    if (v.op != Op::Concat || !layout.parts.back().empty()) layout.code.push_back(in);
  }
  for (const Id id : plan.outputs) layout.outputs.push_back(at[id]);
  for (Operand& x : layout.inputs) {
    if (pad == 1 && x.far >= 0) x.place += at.end();
  }
  layout.memory = at.end() + staged + (pad > 1 ? kPad : 0);
  return layout;
}

}  // namespace mmlcore::calculus
