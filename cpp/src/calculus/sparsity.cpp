#include "mmlcore/calculus/sparsity.hpp"

#include <algorithm>
#include <memory>

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

bool is_step(Op op) {  // no derivative anywhere
  return op == Op::Sign || op == Op::Floor || op == Op::Ceil || op == Op::Not || op == Op::Less || op == Op::LessEqual ||
         op == Op::Equal || op == Op::And || op == Op::Or;
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
    const index_t outer = v.dims[0], middle = v.dims[1], inner = v.dims[2];
    if (is_elementwise(v.op)) {
      for (index_t i = 0; i < v.size; ++i) {
        // A condition has no derivative.
        for (const Id x : {v.op == Op::Select ? kNone : v.a, v.b, v.c}) {
          if (x != kNone) add(i, x, i % g.size(x));
        }
      }
      continue;
    }
    switch (v.op) {
      case Op::Sum:
      case Op::Tile:
        for (index_t o = 0; o < outer; ++o) {
          for (index_t r = 0; r < middle; ++r) {
            for (index_t i = 0; i < inner; ++i) {
              const index_t many = (o * middle + r) * inner + i, one = o * inner + i;
              v.op == Op::Sum ? add(one, v.a, many) : add(many, v.a, one);
            }
          }
        }
        break;
      case Op::Gather:
      case Op::Scatter: {
        const std::vector<std::int32_t>& index = g.index(v.aux);
        const index_t count = static_cast<index_t>(index.size());
        for (index_t o = 0; o < outer; ++o) {
          for (index_t i = 0; i < count; ++i) {
            const index_t few = o * count + i, at = o * middle + index[i];
            v.op == Op::Gather ? add(few, v.a, at) : add(at, v.a, few);
          }
        }
        break;
      }
      case Op::Concat: {
        index_t start = 0;
        for (const Id part : g.index(v.aux)) {
          for (index_t i = 0; i < g.size(part); ++i) add(start + i, part, i);
          start += g.size(part);
        }
        break;
      }
      case Op::MatMul:
        for (index_t q = 0; outer * inner > 0 && q < v.size / (outer * inner); ++q) {
          for (index_t i = 0; i < outer; ++i) {
            for (index_t j = 0; j < inner; ++j) {
              for (index_t l = 0; l < middle; ++l) {
                const index_t a = q * outer * middle + (v.aux & 1 ? l * outer + i : i * middle + l);
                const index_t b = q * middle * inner + (v.aux & 2 ? j * middle + l : l * inner + j);
                add((q * outer + i) * inner + j, v.a, a % g.size(v.a));
                add((q * outer + i) * inner + j, v.b, b % g.size(v.b));
              }
            }
          }
        }
        break;
      default:
        break;
    }
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
