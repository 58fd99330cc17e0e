#include "mmlcore/calculus/sparsity.hpp"

#include <algorithm>
#include <memory>

#include "links.hpp"
#include "matrix_rules.hpp"

namespace mmlcore::calculus {
namespace {

using Set = std::shared_ptr<const std::vector<std::int32_t>>;  // sorted; null: empty

Set united(const Set& x, const Set& y) {
  if (!x || x == y) return y;
  if (!y) return x;
  if (std::includes(x->begin(), x->end(), y->begin(), y->end())) return x;
  auto both = std::make_shared<std::vector<std::int32_t>>();
  std::set_union(x->begin(), x->end(), y->begin(), y->end(), std::back_inserter(*both));
  return both;
}

}  // namespace

Pattern jacobian_pattern(const Graph& g, Id output, Id input) {
  std::vector<std::vector<Set>> sets(g.count());
  const auto of = [&](Id x, index_t i) -> Set { return x == kNone || sets[x].empty() ? nullptr : sets[x][i]; };
  for (Id id = 0; id <= output; ++id) {
    const Node& v = g[id];
    if (id == input) {
      for (std::int32_t i = 0; i < v.size; ++i)
        sets[id].push_back(std::make_shared<const std::vector<std::int32_t>>(std::vector<std::int32_t>{i}));
      continue;
    }
    bool any = false;
    for (const Id x : g.operands(id)) any = any || !sets[x].empty();
    if (!any || is_step(v.op)) continue;
    std::vector<Set>& out = sets[id];
    out.assign(v.size, nullptr);
    const auto add = [&](index_t to, Id x, index_t from) { out[to] = united(out[to], of(x, from)); };
    if (is_elementwise(v.op)) {
      for (index_t i = 0; i < v.size; ++i) {
        for (const Id x : {has(v.op, kCondition) ? kNone : v.a, v.b, v.c}) {
          if (x != kNone) add(i, x, i % g.size(x));
        }
      }
      continue;
    }
    // Every number of an item depends on all of the items that it is made of.
    const auto whole_items = [&](index_t items, std::initializer_list<Id> ids) {
      for (index_t q = 0; items > 0 && q < items; ++q) {
        Set all;
        for (const Id x : ids) {
          if (x == kNone || g.size(x) == 0) continue;
          const index_t own = std::min<index_t>(items, g.size(x)), one = g.size(x) / own;
          for (index_t i = 0; i < one; ++i) all = united(all, of(x, q % own * one + i));
        }
        for (index_t i = 0; i < v.size / items; ++i) out[q * (v.size / items) + i] = all;
      }
    };
    if (is_matrix(v.op)) {
      whole_items(item_count(g, v), {v.a, has_partial(v.op) ? v.b : kNone});
      continue;
    }
    // Of what is picked at places that depend on values: all of its line.
    const auto line = [&](index_t from, index_t to) {
      const index_t inner = v.dims[2];
      for (index_t o = 0; o < v.dims[0]; ++o) {
        for (index_t i = 0; i < inner; ++i) {
          Set all;
          for (index_t r = 0; r < from; ++r) all = united(all, of(v.a, ((o * from + r) * inner + i) % g.size(v.a)));
          for (index_t r = 0; r < to; ++r) out[(o * to + r) * inner + i] = all;
        }
      }
    };
    const index_t lines = std::max<index_t>(1, index_t{v.dims[0]} * v.dims[2]);
    const auto linked = [&] { each_link(g, v, add); };
    for_structure(v.op, Rules{
                            [&](Is<Op::Sum>) { linked(); },
                            [&](Is<Op::Tile>) { linked(); },
                            [&](Is<Op::Gather>) { linked(); },
                            [&](Is<Op::Scatter>) { linked(); },
                            [&](Is<Op::Concat>) { linked(); },
                            [&](Is<Op::Loop>) {
                              Set every;
                              for (const Id x : {v.a, v.b, v.c}) {
                                for (index_t i = 0; i < g.size(x); ++i) every = united(every, of(x, i));
                              }
                              std::fill(out.begin(), out.end(), every);
                            },
                            [](Is<Op::Order>) {},
                            [](Is<Op::Search>) {},
                            [&](Is<Op::Pick>) { line(v.dims[1], v.size / lines); },
                            [&](Is<Op::Place>) { line(g.size(v.a) / lines, v.dims[1]); },
                            [&](Is<Op::MatMul>) {
                              each_product(g, v, [&](index_t to, index_t i, index_t j) {
                                add(to, v.a, i);
                                add(to, v.b, j);
                              });
                            },
                            [&](Is<Op::Recurrence>) {
                              each_step(v, [&](index_t to, index_t before) {
                                add(to, v.b, to);
                                if (before < 0) return;
                                add(to, v.a, to % g.size(v.a));
                                out[to] = united(out[before], out[to]);
                              });
                            },
                        });
  }
  Pattern pattern;
  pattern.start.push_back(0);
  for (index_t i = 0; i < g.size(output); ++i) {
    if (const Set set = of(output, i)) pattern.columns.insert(pattern.columns.end(), set->begin(), set->end());
    pattern.start.push_back(static_cast<std::int32_t>(pattern.columns.size()));
  }
  return pattern;
}

std::vector<std::int32_t> colour_columns(const Pattern& pattern, index_t count) {
  std::vector<std::vector<std::int32_t>> rows(count);  // of each column
  for (std::size_t i = 0; i + 1 < pattern.start.size(); ++i) {
    for (std::int32_t k = pattern.start[i]; k < pattern.start[i + 1]; ++k)
      rows[pattern.columns[k]].push_back(static_cast<std::int32_t>(i));
  }
  std::vector<std::int32_t> colours(count, -1), taken(count + 1, -1);
  for (std::int32_t j = 0; j < count; ++j) {
    for (const std::int32_t i : rows[j]) {
      for (std::int32_t k = pattern.start[i]; k < pattern.start[i + 1]; ++k) {
        const std::int32_t colour = colours[pattern.columns[k]];
        if (colour >= 0) taken[colour] = j;
      }
    }
    std::int32_t colour = 0;
    while (taken[colour] == j) ++colour;
    colours[j] = colour;
  }
  return colours;
}

}  // namespace mmlcore::calculus
