#include "passes.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace mmlcore::calculus {
namespace {

constexpr index_t kResults = 24 << 10, kData = 192 << 10;  // bytes of a block: of its results, of its data
constexpr index_t kMostRows = 2048, kAlign = 16;
constexpr index_t kShare = 1 << 18;  // bytes and operations of rows that are worth a thread
constexpr index_t kMostShares = 32, kSharedNumbers = 1 << 21;

// The node for so many rows, with the numbers of its operands; its index, if it has one, goes to `index`.
Node for_rows(const Graph& g, Id id, const RowRule& rule, index_t rows, const std::vector<Id>& operands,
              std::vector<std::int32_t>& index) {
  Node v = g[id];
  if (rule.form) v.size = static_cast<std::int32_t>(rule.form.outer * rows * rule.form.inner);
  if (v.op == Op::Concat) {
    index = operands;
    return v;
  }
  Id* const at[] = {&v.a, &v.b, &v.c};
  for (std::size_t i = 0; i < operands.size(); ++i) *at[i] = operands[i];
  if (is_elementwise(v.op)) return v;
  for (int i = 0; i < 3; ++i) v.dims[i] = static_cast<std::int32_t>(rule.dims[i] * (rule.per_row[i] ? rows : 1));
  if (v.op != Op::Gather && v.op != Op::Scatter) return v;
  if (rule.places.empty()) {
    index = g.index(v.aux);
    return v;
  }
  const index_t step = v.op == Op::Gather ? rule.operands[0].inner : rule.form.inner;
  for (index_t o = 0; o < rule.ordered.outer; ++o) {
    for (index_t r = 0; r < rows; ++r) {
      for (index_t i = 0; i < rule.ordered.inner; ++i) {
        const index_t place = rule.places[o * rule.ordered.inner + i];
        index.push_back(static_cast<std::int32_t>((place / step * rows + r) * step + place % step));
      }
    }
  }
  return v;
}

// The graph of a stage for so many rows, and what it is bound to.
struct Piece {
  Graph graph;
  std::vector<Id> inputs, outputs;
};

class Cutter {
 public:
  Cutter(const Graph& graph, const RowPlan& plan, const std::vector<Id>& inputs, const std::vector<Id>& outputs)
      : g(graph), p_(plan), home_(graph.count()), wanted_(graph.count(), 0) {
    passes_->rows = plan.rows;
    for (std::size_t i = 0; i < inputs.size(); ++i) home_[inputs[i]] = {Home::kArgument, static_cast<index_t>(i)};
    for (const Id id : outputs) wanted_[id] = 1;
    find_wanted();
    for (Id id = 0; id < g.count(); ++id) {
      if (p_.needed[id] && g.is_constant(id)) keep(id);
    }
    std::vector<char> result(g.count(), 0);
    passes_->copies.resize(outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Id id = outputs[i];
      if (made(id) && !result[id]) {
        home_[id] = {Home::kResult, static_cast<index_t>(i)}, result[id] = 1;
      } else {
        passes_->copies[i] = {home_[id], g.size(id), {}};
      }
    }
    for (Id id = 0; id < g.count(); ++id) {
      if (!wanted_[id] || !made(id) || result[id]) continue;
      home_[id] = {Home::kMemory, passes_->memory};
      passes_->memory += g.size(id) + kPad;
    }
  }

  std::shared_ptr<const Passes> cut() {
    const std::int32_t last = *std::max_element(p_.level.begin(), p_.level.end());
    double pass_work = 0, whole_work = 0;
    for (std::int32_t level = 0; level <= last; ++level) {
      if (Stage stage = whole(level); stage.whole) {
        whole_work += stage.whole->flops();
        passes_->stages.push_back(std::move(stage));
      }
      if (Stage stage = pass(level); stage.blocks > 0) {
        watch(stage);
        pass_work += stage.block->flops() * static_cast<double>(stage.blocks);
        passes_->stages.push_back(std::move(stage));
      }
    }
    if (pass_work < whole_work) return {};
    return passes_;
  }

 private:
  bool made(Id id) const { return p_.needed[id] && g[id].op != Op::Input && g[id].op != Op::Constant; }
  std::int32_t pass_of(Id id) const { return p_.level[id] - (p_.rule[id]->form ? 0 : 1); }

  // Nodes that are wanted as a whole beyond the stage that makes them: whole ones that another stage reads, or that are
  // results; and those that are stored.
  void find_wanted() {
    for (Id id = 0; id < g.count(); ++id) {
      if (!p_.needed[id]) continue;
      wanted_[id] = wanted_[id] || p_.stored[id] || (p_.rule[id] && !p_.rule[id]->form);
      for (const Id x : g.operands(id)) {
        const bool same_stage = !p_.rule[id] && !p_.rule[x] && p_.level[id] == p_.level[x];
        if (!p_.form(x) && !same_stage) wanted_[x] = 1;
      }
    }
  }

  void keep(Id id) {
    home_[id] = {Home::kConstant, passes_->constants.add(g.kept_values(id))};
    sums_.push_back(g.checksum_of(id));
  }

  void watch(const Stage& stage) {
    for (const Binding& b : stage.inputs) {
      if (b.home.where != Home::kConstant || b.form.outer != 1) continue;
      const auto same = [&](const Watched& w) { return w.constant == b.home.at; };
      if (std::any_of(passes_->watched.begin(), passes_->watched.end(), same)) continue;
      const index_t row = b.form.inner * index_t{sizeof(double)}, number = static_cast<index_t>(passes_->stages.size());
      passes_->watched.push_back({sums_[b.home.at], row * passes_->rows, b.home.at, number, row});
    }
  }

  // An operand that the stage does not make: few constant numbers as they are, others bound.
  Id bound(Piece& piece, Stage& stage, std::map<std::pair<Id, std::int32_t>, Id>& known, Id x, RowForm form, index_t rows) {
    const std::int32_t outer = form ? form.outer : 0;
    if (const auto at = known.find({x, outer}); at != known.end()) return at->second;
    Id made = kNone;
    if (g.is_constant(x)) {
      const std::span<const double> values = g.values(x);
      if (!form && values.size() < 1024) {
        made = piece.graph.constant(values.data(), g.size(x));
      } else if (form && std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; })) {
        made = piece.graph.full(piece.graph.constant(values[0]), form.outer * rows * form.inner);
      }
    }
    if (made == kNone) {
      made = piece.graph.input(form ? form.outer * rows * form.inner : g.size(x));
      piece.inputs.push_back(made);
      stage.inputs.push_back({home_[x], form ? form.outer * passes_->rows * form.inner : g.size(x), form});
    }
    return known[{x, outer}] = made;
  }

  Stage whole(std::int32_t level) {
    Stage stage;
    Piece piece;
    std::map<std::pair<Id, std::int32_t>, Id> known;
    for (Id id = 0; id < g.count(); ++id) {
      if (!made(id) || p_.rule[id] || p_.level[id] != level) continue;
      std::vector<Id> operands;
      for (const Id x : g.operands(id)) operands.push_back(bound(piece, stage, known, x, {}, 0));
      RowRule same;
      std::copy(g[id].dims, g[id].dims + 3, same.dims);
      std::vector<std::int32_t> index;
      const Node v = for_rows(g, id, same, 0, operands, index);
      const Id own = known[{id, 0}] = v.op == Op::Loop
                                          ? piece.graph.loop(g.body(v.aux), v.a, v.b, v.c, v.dims[0], v.dims[2] != 0)
                                          : piece.graph.append(v, index);
      if (!wanted_[id]) continue;
      piece.outputs.push_back(own);
      stage.outputs.push_back({home_[id], g.size(id), {}});
    }
    if (piece.outputs.empty()) return stage;
    stage.whole = std::make_unique<Program>(piece.graph, piece.inputs, piece.outputs, Program::Kind::kPart);
    passes_->absorbs = passes_->absorbs || stage.whole->absorbs();
    return stage;
  }

  std::unique_ptr<Program> block(std::int32_t level, index_t rows, Stage& stage) {
    Piece piece;
    stage.inputs.clear(), stage.outputs.clear(), stage.sums = 0;
    std::map<std::pair<Id, std::int32_t>, Id> known;
    for (Id id = 0; id < g.count(); ++id) {
      if (!made(id) || !p_.rule[id] || pass_of(id) != level) continue;
      const RowRule& rule = *p_.rule[id];
      std::vector<Id> operands;
      const std::vector<Id> ids = g.operands(id);
      for (std::size_t i = 0; i < ids.size(); ++i)
        operands.push_back(bound(piece, stage, known, ids[i], rule.operands[i], rows));
      std::vector<std::int32_t> index;
      const Node v = for_rows(g, id, rule, rows, operands, index);
      const Id own = piece.graph.append(v, index);
      if (rule.form) known[{id, rule.form.outer}] = own;
      if (!wanted_[id]) continue;
      piece.outputs.push_back(own);
      stage.outputs.push_back({home_[id], g.size(id), rule.form});
      if (!rule.form) stage.sums += g.size(id);
    }
    if (piece.outputs.empty()) return {};
    std::vector<char> strided;
    for (const Binding& b : stage.inputs) strided.push_back(b.form && b.form.outer > 1);
    return std::make_unique<Program>(piece.graph, piece.inputs, piece.outputs, Program::Kind::kRows, strided);
  }

  Stage pass(std::int32_t level) {
    Stage stage;
    const index_t trial = std::min<index_t>(4 * kAlign, p_.rows);
    stage.block = block(level, trial, stage);
    if (!stage.block) return stage;
    index_t data = 0;  // bytes of a row
    for (const Binding& b : stage.inputs) data += b.form ? b.form.outer * b.form.inner * index_t{sizeof(double)} : 0;
    const index_t results = stage.block->single_memory() * index_t{sizeof(double)} / trial;
    const index_t fits = std::min(kResults / std::max<index_t>(results, 1), kData / std::max<index_t>(data, 1));
    const index_t b = std::min(std::clamp(fits / kAlign * kAlign, kAlign, kMostRows), p_.rows);
    stage.block_rows = b, stage.blocks = p_.rows / b;
    if (b != trial) stage.block = block(level, b, stage);
    if (p_.rows % b) stage.tail = block(level, p_.rows % b, stage);
    const double work = static_cast<double>(stage.blocks) * (stage.block->flops() + static_cast<double>(data * b));
    const index_t most = std::min<index_t>(kMostShares, kSharedNumbers / std::max<index_t>(stage.sums, 1));
    stage.shares = std::clamp<index_t>(static_cast<index_t>(work / kShare), 1, std::max<index_t>(1, most));
    stage.shares = std::min(stage.shares, stage.blocks);
    passes_->absorbs = passes_->absorbs || stage.block->absorbs();
    return stage;
  }

  const Graph& g;
  const RowPlan& p_;
  std::shared_ptr<Passes> passes_ = std::make_shared<Passes>();  // not to be moved: threads may wait in it
  std::vector<Home> home_;
  std::vector<char> wanted_;
  std::vector<std::uint64_t> sums_;  // of the constants
};

}  // namespace

std::shared_ptr<const Passes> Passes::made(const Graph& graph, const std::vector<Id>& inputs,
                                           const std::vector<Id>& outputs) {
  if (!worth_following(graph)) return {};
  const RowPlan plan = follow_rows(graph, outputs);
  if (plan.rows == 0) return {};
  return Cutter(graph, plan, inputs, outputs).cut();
}

}  // namespace mmlcore::calculus
