#include "rows.hpp"

#include <algorithm>
#include <map>

namespace mmlcore::calculus {
namespace {

constexpr index_t kFewRows = 64;  // of which there is no axis
// Numbers of all arrays that stay in the second-level cache: operations one after the other are as fast.
constexpr index_t kFewNumbers = 1 << 17;

class Follower {
 public:
  Follower(const Graph& graph, const RowPlan& plan) : g(graph), p_(plan), n_(plan.rows) {}

  std::optional<RowRule> rule(Id id) const {
    const Node v = g[id];
    if (v.op == Op::Input || v.op == Op::Constant || v.size == 0) return {};
    if (is_elementwise(v.op)) return elementwise(id);
    if (is_matrix(v.op)) return {};
    using Found = std::optional<RowRule>;
    return for_structure(v.op, Rules{
                                   [&](Is<Op::Sum>) { return sum(v); },
                                   [&](Is<Op::Tile>) { return tile(v); },
                                   [&](Is<Op::Gather>) { return picked(v); },
                                   [&](Is<Op::Scatter>) { return placed(v); },
                                   [&](Is<Op::Concat>) { return concat(id); },
                                   [](Is<Op::Recurrence>) { return Found{}; },
                                   [](Is<Op::Loop>) { return Found{}; },
                                   [](Is<Op::Order>) { return Found{}; },
                                   [](Is<Op::Pick>) { return Found{}; },
                                   [](Is<Op::Place>) { return Found{}; },
                                   [](Is<Op::Search>) { return Found{}; },
                                   [&](Is<Op::MatMul>) { return matmul(v); },
                               });
  }

 private:
  using Found = std::optional<RowRule>;

  // The form of an operand: its own, or, of a whole one that has so many numbers, one with no outer axis.
  RowForm form(Id x) const {
    if (const RowForm own = p_.form(x)) return own;
    return g.size(x) > 0 && g.size(x) % n_ == 0 ? RowForm{1, static_cast<std::int32_t>(g.size(x) / n_)} : RowForm{};
  }
  bool whole(Id x) const { return !p_.form(x); }
  // Whether it has the form, or, being whole, the numbers for it.
  bool fits(Id x, RowForm wanted) const {
    if (const RowForm own = p_.form(x)) return own == wanted;
    return g.size(x) == wanted.outer * n_ * wanted.inner;
  }
  // Whether the rows of a factor that no pass makes lie one after the other; others would be copied block by block.
  // Beside products, a number for each row is little work, and may be wanted as a whole, as x in x'A x is: what has no
  // operand that the same pass makes is none for a pass.
  bool little(const std::vector<Id>& ids) const {
    std::int32_t level = 0;
    for (const Id x : ids) level = std::max(level, p_.level[x]);
    return p_.products && std::all_of(ids.begin(), ids.end(), [&](Id x) { return whole(x) || p_.level[x] < level; });
  }
  static constexpr std::int32_t kFewPieces = 32;
  bool in_turn(Id x, RowForm form) const { return !whole(x) || form.outer == 1; }
  bool in_few(Id x, RowForm form) const { return !whole(x) || form.outer <= kFewPieces; }
  static RowForm of(index_t outer, index_t inner) {
    return {static_cast<std::int32_t>(outer), static_cast<std::int32_t>(inner)};
  }
  static void set(RowRule& rule, int i, index_t size, bool per_row) {
    rule.dims[i] = static_cast<std::int32_t>(size), rule.per_row[i] = per_row;
  }
  static RowRule made(RowForm form, std::vector<RowForm> operands) {
    RowRule rule;
    rule.form = form, rule.operands = std::move(operands);
    return rule;
  }

  Found elementwise(Id id) const {
    const std::vector<Id> ids = g.operands(id);
    const index_t size = g.size(id);
    if (size % n_ != 0) return {};
    index_t inner = 0;
    for (const Id x : ids) {
      if (const RowForm own = p_.form(x)) inner = own.inner;
    }
    if (size == n_ && little(ids)) return {};
    if (inner == 0) inner = size / n_;
    if (size % (n_ * inner) != 0) return {};
    const index_t outer = size / (n_ * inner);
    RowRule rule = made(of(outer, inner), {});
    for (const Id x : ids) {
      const index_t own = g.size(x), with_rows = n_ * inner;
      if (own % with_rows == 0 && outer % (own / with_rows) == 0 && fits(x, of(own / with_rows, inner))) {
        rule.operands.push_back(of(own / with_rows, inner));
      } else if (whole(x) && inner % own == 0) {
        rule.operands.emplace_back();
      } else {
        return {};
      }
    }
    return rule;
  }

  Found sum(const Node& v) const {
    const RowForm x = form(v.a);
    if (!x) return {};
    const index_t first = v.dims[0], repeats = v.dims[1], last = v.dims[2], o = x.outer, i = x.inner;
    RowRule rule = made({}, {x});
    if (first % (o * n_) == 0) {
      rule.form = of(o, i / repeats);
      set(rule, 0, first / n_, true), set(rule, 1, repeats, false), set(rule, 2, last, false);
    } else if (last % (n_ * i) == 0) {
      rule.form = of(o / repeats, i);
      set(rule, 0, first, false), set(rule, 1, repeats, false), set(rule, 2, last / n_, true);
    } else if (o % first == 0 && i % last == 0) {
      set(rule, 0, first, false), set(rule, 1, repeats / n_, true), set(rule, 2, last, false);
    } else {
      return {};
    }
    return rule;
  }

  Found tile(const Node& v) const {
    const index_t first = v.dims[0], repeats = v.dims[1], last = v.dims[2];
    if (const RowForm x = p_.form(v.a)) {
      RowRule rule = made({}, {x});
      const index_t o = x.outer, i = x.inner;
      if (first % (o * n_) == 0) {
        rule.form = of(o, i * repeats);
        set(rule, 0, first / n_, true), set(rule, 1, repeats, false), set(rule, 2, last, false);
      } else if (last % (n_ * i) == 0) {
        rule.form = of(o * repeats, i);
        set(rule, 0, first, false), set(rule, 1, repeats, false), set(rule, 2, last / n_, true);
      } else {
        return {};
      }
      return rule;
    }
    if (repeats % n_ != 0) return {};
    RowRule rule = made(of(first, repeats / n_ * last), {RowForm{}});
    set(rule, 0, first, false), set(rule, 1, repeats / n_, true), set(rule, 2, last, false);
    return rule;
  }

  Found matmul(const Node& v) const {
    const index_t m = v.dims[0], k = v.dims[1], n = v.dims[2], stack = v.size / (m * n);
    const bool ta = v.aux & 1, tb = v.aux & 2;
    if (m * k * n == 0 || (v.size * k == n_ && little({v.a, v.b}))) return {};
    const index_t in_a = g.size(v.a) / (m * k), in_b = g.size(v.b) / (k * n);
    const auto dims = [&](RowRule rule, bool rows, bool inner, bool columns, index_t by = 1) {
      set(rule, 0, rows ? by : m, rows), set(rule, 1, inner ? by : k, inner), set(rule, 2, columns ? by : n, columns);
      return rule;
    };
    if (m == n_ && whole(v.b)) {
      const RowForm a = ta ? of(in_a * k, 1) : of(in_a, k);
      if (fits(v.a, a) && in_turn(v.a, a)) return dims(made(of(stack, n), {a, {}}), true, false, false);
    }
    if (n == n_ && whole(v.a)) {
      const RowForm b = tb ? of(in_b, k) : of(in_b * k, 1);
      if (fits(v.b, b) && in_turn(v.b, b)) return dims(made(of(stack * m, 1), {{}, b}), false, false, true);
    }
    if (k == n_) {
      const RowForm a = ta ? of(in_a, m) : of(in_a * m, 1), b = tb ? of(in_b * n, 1) : of(in_b, n);
      const bool both = whole(v.a) && whole(v.b) ? in_turn(v.a, a) && in_turn(v.b, b) : in_few(v.a, a) && in_few(v.b, b);
      if (both && fits(v.a, a) && fits(v.b, b)) return dims(made({}, {a, b}), false, true, false);
    }
    // A matrix or a vector for every row.
    if (stack % n_ != 0) return {};
    const index_t each = stack / n_;
    RowRule rule = made(of(1, each * m * n), {});
    for (const auto& [x, count, one] : {std::tuple{v.a, in_a, m * k}, std::tuple{v.b, in_b, k * n}}) {
      if (count == stack && fits(x, of(1, each * one))) {
        rule.operands.push_back(of(1, each * one));
      } else if (whole(x) && each % count == 0) {
        rule.operands.emplace_back();
      } else {
        return {};
      }
    }
    return dims(rule, false, false, false);
  }

  // Of an index [outer][N][inner] the places of the first row, if those of the others follow in steps of `step`.
  bool by_rows(const std::vector<std::int32_t>& index, RowForm form, index_t step, index_t in_length,
               std::vector<std::int32_t>& places) const {
    const index_t row = n_ * step;
    if (in_length % row != 0) return false;
    for (index_t o = 0; o < form.outer; ++o) {
      for (index_t i = 0; i < form.inner; ++i) {
        const std::int32_t* at = index.data() + o * n_ * form.inner + i;
        if (*at % row >= step) return false;
        for (index_t r = 1; r < n_; ++r) {
          if (at[r * form.inner] != *at + r * step) return false;
        }
        places.push_back(static_cast<std::int32_t>(*at / row * step + *at % row));
      }
    }
    return true;
  }

  // Of each `from` numbers of a row come `to`: rows stay apart.
  RowRule moved_within_rows(const Node& v, const RowForm& x, index_t to, index_t from) const {
    RowRule rule = made(of(x.outer, x.inner * to / from), {x});
    set(rule, 0, v.dims[0] / n_, true), set(rule, 1, v.dims[1], false);
    return rule;
  }

  Found picked(const Node& v) const {
    const RowForm x = form(v.a);
    if (!x) return {};
    const std::vector<std::int32_t>& index = g.index(v.aux);
    const index_t outer = v.dims[0], length = v.dims[1], count = static_cast<index_t>(index.size());
    if (outer % (x.outer * n_) == 0 && length > 0) return moved_within_rows(v, x, count, length);
    if (outer != 1 || count % n_ != 0) return {};
    // How many numbers of the result are of one row: where the index has moved by a row.
    const index_t most = std::min<index_t>(count / n_, 4096);
    for (index_t inner = 1; inner <= most; ++inner) {
      if (count % (n_ * inner) != 0 || index[inner] - index[0] != x.inner) continue;
      RowRule rule = made(of(count / (n_ * inner), inner), {x});
      rule.ordered = rule.form;
      if (!by_rows(index, rule.form, x.inner, length, rule.places)) continue;
      set(rule, 0, 1, false), set(rule, 1, length / n_, true);
      return rule;
    }
    return {};
  }

  Found placed(const Node& v) const {
    const RowForm x = form(v.a);
    if (!x) return {};
    const std::vector<std::int32_t>& index = g.index(v.aux);
    const index_t outer = v.dims[0], length = v.dims[1], count = static_cast<index_t>(index.size());
    if (outer % (x.outer * n_) == 0 && count > 0) return moved_within_rows(v, x, length, count);
    const index_t step = count > x.inner ? index[x.inner] - index[0] : 0;
    if (outer != 1 || step <= 0 || length % (n_ * step) != 0) return {};
    RowRule rule = made(of(length / (n_ * step), step), {x});
    rule.ordered = x;
    if (!by_rows(index, x, step, length, rule.places)) return {};
    set(rule, 0, 1, false), set(rule, 1, length / n_, true);
    return rule;
  }

  Found concat(Id id) const {
    const std::vector<Id> parts = g.operands(id);
    index_t inner = 0, outer = 0;
    for (const Id x : parts) {
      if (const RowForm own = p_.form(x)) inner = own.inner;
    }
    if (inner == 0) return {};
    RowRule rule;
    for (const Id x : parts) {
      const RowForm one = of(g.size(x) / (n_ * inner), inner);
      if (one.outer == 0 || !fits(x, one)) return {};
      rule.operands.push_back(one);
      outer += one.outer;
    }
    rule.form = of(outer, inner);
    return rule;
  }

  const Graph& g;
  const RowPlan& p_;
  const index_t n_;
};

// The axis that most of the work goes along: a length of a product or sum, or of an array, by which the arrays are
// divisible.
index_t most_worked_along(const Graph& g, const std::vector<char>& needed) {
  std::map<index_t, double> work;
  double numbers = 0;
  for (Id id = 0; id < g.count(); ++id) {
    if (!needed[id]) continue;
    const Node v = g[id];
    numbers += v.size;
    if (v.op == Op::MatMul) work[std::max({v.dims[0], v.dims[1], v.dims[2]})] += 2.0 * v.size * v.dims[1];
    if (v.op == Op::Sum) work[v.dims[0]], work[v.dims[1]], work[v.dims[2]];
    if (is_elementwise(v.op)) work[v.size];
  }
  if (numbers < kFewNumbers) return 0;
  while (!work.empty() && work.begin()->first < kFewRows) work.erase(work.begin());
  for (Id id = 0; id < g.count(); ++id) {
    const Node v = g[id];
    if (!needed[id] || (v.op != Op::Sum && !is_elementwise(v.op))) continue;
    const index_t size = std::max<index_t>(v.size, g.size(v.a));
    for (auto& [axis, sum] : work) sum += size % axis == 0 ? static_cast<double>(size) : 0;
  }
  const auto best = std::max_element(work.begin(), work.end(), [](auto& x, auto& y) { return x.second <= y.second; });
  return best == work.end() ? 0 : best->first;
}

}  // namespace

bool worth_following(const Graph& g) {
  index_t numbers = 0;
  for (Id id = 0; id < g.count(); ++id) numbers += g.size(id);
  return numbers >= kFewNumbers;
}

RowPlan follow_rows(const Graph& g, const std::vector<Id>& outputs) {
  RowPlan p;
  p.needed.assign(g.count(), 0);
  for (const Id id : outputs) p.needed[id] = 1;
  for (Id id = g.count() - 1; id >= 0; --id) {
    if (!p.needed[id]) continue;
    for (const Id x : g.operands(id)) p.needed[x] = 1;
  }
  p.rows = most_worked_along(g, p.needed);
  for (Id id = 0; id < g.count(); ++id) {
    const Node v = g[id];
    p.products |= p.needed[id] && v.op == Op::MatMul && std::count(v.dims, v.dims + 3, p.rows) > 0;
  }
  if (p.rows == 0) return p;
  p.rule.resize(g.count());
  p.level.assign(g.count(), 0);
  p.stored.assign(g.count(), 0);
  const Follower follower(g, p);
  bool any = false;
  for (Id id = 0; id < g.count(); ++id) {
    if (!p.needed[id]) continue;
    p.rule[id] = follower.rule(id);
    any = any || p.rule[id];
    const std::vector<Id> ids = g.operands(id);
    for (const Id x : ids) {
      // What a whole operation reads of a pass is there when it ends.
      const std::int32_t there = p.level[x] + (p.form(x) && !p.rule[id]);
      p.level[id] = std::max(p.level[id], there);
    }
    const bool in_pass = p.rule[id].has_value();
    for (const Id x : ids) p.stored[x] |= p.form(x) && (!in_pass || p.level[x] < p.level[id]);
    if (in_pass && !p.rule[id]->form) p.level[id] += 1;  // a sum, there when its pass ends
  }
  for (const Id id : outputs) p.stored[id] |= static_cast<bool>(p.form(id));
  if (!any) p.rows = 0;
  return p;
}

}  // namespace mmlcore::calculus
