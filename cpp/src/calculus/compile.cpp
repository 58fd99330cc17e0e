#include <algorithm>
#include <cmath>

#include "loops.hpp"
#include "passes.hpp"
#include "plan.hpp"

namespace mmlcore::calculus {
namespace {

constexpr std::int32_t kLargeConstant = 1024;  // numbers of one that is not copied into the pool

// Operations on numbers.
double cost(const Graph& g, const Node& v) {
  if (is_elementwise(v.op)) return operation_of(v.op).kind == Kind::kFused ? 2.0 * v.size : v.size;
  if (is_matrix(v.op)) return static_cast<double>(g.size(v.a)) * std::max({v.dims[0], v.dims[1], v.dims[2], 1});
  return for_structure(v.op, Rules{
                                 [&](Is<Op::Sum>) -> double { return g.size(v.a); },
                                 [](Is<Op::Tile>) { return 0.0; },
                                 [](Is<Op::Gather>) { return 0.0; },
                                 [&](Is<Op::Scatter>) -> double { return g.size(v.a); },
                                 [](Is<Op::Concat>) { return 0.0; },
                                 [&](Is<Op::Recurrence>) -> double { return v.size; },
                                 [&](Is<Op::Loop>) { return v.dims[0] * g.body(v.aux)->program()->flops(); },
                                 [&](Is<Op::Order>) -> double { return v.size * std::log2(v.dims[1] + 1.0); },
                                 [](Is<Op::Pick>) { return 0.0; },
                                 [&](Is<Op::Place>) -> double { return g.size(v.a); },
                                 [&](Is<Op::Search>) -> double { return v.size * std::log2(v.dims[1] + 1.0); },
                                 [&](Is<Op::MatMul>) { return 2.0 * v.size * v.dims[1]; },
                             });
}

}  // namespace

Program::Program(const Graph& g, const std::vector<Id>& inputs, const std::vector<Id>& outputs, Kind kind,
                 const std::vector<char>& copied)
    : kind_(kind) {
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
    const double flops = plan.runs[id] ? cost(g, v) : 0;
    flops_ += flops, product_flops_ += v.op == Op::MatMul ? flops : 0;
    if (v.op == Op::Constant && v.size >= kLargeConstant) {
      plan.constants[id] = {0, v.size, true, static_cast<std::int32_t>(large_.add(g.kept_values(id)))};
    } else if (v.op == Op::Constant) {
      plan.constants[id] = {static_cast<std::int32_t>(pool64_.size()), v.size, true};
      pool64_.insert(pool64_.end(), g.values(id).begin(), g.values(id).end());
      pool64_.resize(padded(static_cast<index_t>(pool64_.size()), kPad), 0.0);
    }
    if (v.op == Op::Loop) {
      plan.lists[id] = static_cast<std::int32_t>(loops_.size());
      loops_.push_back(g.body(v.aux));
    }
    if (v.op == Op::Gather || v.op == Op::Scatter) {
      plan.lists[id] = static_cast<std::int32_t>(lists_.size());
      lists_.push_back(g.index(v.aux));
    }
  }
  pool64_.resize(pool64_.size() + kPad, 0.0);
  pool32_.assign(pool64_.begin(), pool64_.end());
  for (const Id id : inputs) input_sizes_.push_back(g.size(id));
  single_ = lay_out(g, plan, kPad, copied);
  if (kind == Kind::kPart || kind == Kind::kRows) return;
  blocks_ = lay_out(g, plan, 1, {});
  if (kind == Kind::kWhole) passes_ = Passes::made(g, inputs, outputs);
}

index_t Program::pass_count() const {
  if (!passes_) return 0;
  const std::vector<Stage>& stages = passes_->stages;
  return std::count_if(stages.begin(), stages.end(), [](const Stage& stage) { return stage.block != nullptr; });
}

std::vector<const void*> Program::watch(std::vector<Live>& live) const {
  std::vector<const void*> found;
  if (!passes_) return found;
  for (const Watched& w : passes_->watched) {
    const auto at =
        std::find_if(live.begin(), live.end(), [&](const Live& x) { return x.sum == w.sum && x.bytes == w.bytes; });
    found.push_back(at == live.end() ? nullptr : at->data);
    if (at != live.end()) live.erase(at);
  }
  return found;
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
