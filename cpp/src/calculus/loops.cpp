#include "loops.hpp"

#include <algorithm>

#include "mmlcore/calculus/differentiate.hpp"
#include "mmlcore/calculus/program.hpp"
#include "mmlcore/calculus/taylor.hpp"

namespace mmlcore::calculus {
namespace {

using Ids = std::vector<Id>;
using Index = std::vector<std::int32_t>;

std::vector<index_t> sizes_of(const Graph& g, const Ids& ids) {
  std::vector<index_t> sizes;
  for (const Id id : ids) sizes.push_back(g.size(id));
  return sizes;
}

// `lines` lines of parts of these sizes: the numbers of part j of all lines, one line after the other.
Id part(Graph& g, Id x, index_t lines, const std::vector<index_t>& sizes, std::size_t j) {
  index_t line = 0, start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i == j) start = line;
    line += sizes[i];
  }
  Index index;
  for (index_t i = 0; i < sizes[j]; ++i) index.push_back(static_cast<std::int32_t>(start + i));
  return g.gather(x, lines, index);
}

// Parts of `lines` lines each put into lines beside each other.
Id beside(Graph& g, const Ids& parts, const std::vector<index_t>& sizes, index_t lines) {
  Ids whole;
  for (std::size_t j = 0; j < parts.size(); ++j) {
    if (sizes[j] > 0) whole.push_back(g.full(parts[j], lines * sizes[j]));
  }
  if (whole.empty()) return g.constant(nullptr, 0);
  if (lines == 1 || whole.size() == 1) return g.concat(whole);
  Index index;
  for (index_t q = 0; q < lines; ++q) {
    index_t start = 0;
    for (const index_t size : sizes) {
      for (index_t i = 0; i < size; ++i) index.push_back(static_cast<std::int32_t>(start + q * size + i));
      start += lines * size;
    }
  }
  return g.gather(g.concat(whole), 1, index);
}

// [a][b][size] to [b][a][size].
Id exchanged(Graph& g, Id x, index_t a, index_t b, index_t size) {
  if (a == 1 || b == 1 || size == 0) return x;
  Index index;
  for (index_t j = 0; j < b; ++j) {
    for (index_t i = 0; i < a; ++i) {
      for (index_t e = 0; e < size; ++e) index.push_back(static_cast<std::int32_t>((i * b + j) * size + e));
    }
  }
  return g.gather(x, 1, index);
}

Id reversed(Graph& g, Id x, index_t lines) {
  const index_t size = lines ? g.size(x) / lines : 0;
  Index index;
  for (index_t i = lines; i-- > 0;) {
    for (index_t e = 0; e < size; ++e) index.push_back(static_cast<std::int32_t>(i * size + e));
  }
  return g.gather(x, 1, index);
}

Id zeros(Graph& g, index_t size) { return g.full(g.constant(0.0), size); }

std::shared_ptr<LoopBody> copy_of(const LoopBody& body) {
  auto copy = std::make_shared<LoopBody>();
  copy->graph = body.graph;
  copy->state = body.state, copy->parameters = body.parameters, copy->rows = body.rows, copy->outputs = body.outputs;
  return copy;
}

using Copies = std::vector<std::vector<Ids>>;

// The loop with further copies of its state, parameters and rows: `more[j][i]` is copy i of operand j, of k times its size
// each, kNone for none. `extend` makes of the body's inputs, each with its copies, those of the outputs.
template <class Extend>
Ids extended(Graph& g, Id id, index_t k, const std::vector<Ids>& more, Extend&& extend) {
  const Node v = g[id];
  const std::shared_ptr<const LoopBody> body = g.body(v.aux);
  const index_t count = v.dims[0];
  const bool all = v.dims[2] != 0;
  auto derived = copy_of(*body);
  Graph& h = derived->graph;
  const Id operands[3] = {v.a, v.b, v.c};
  Ids* const inputs[3] = {&derived->state, &derived->parameters, &derived->rows};
  const Ids before[3] = {body->state, body->parameters, body->rows};
  // copies[j][part][i]: the input of copy i of a part of operand j.
  Copies copies(3);
  Id made[3];
  const std::size_t orders = more[0].size();
  for (int j = 0; j < 3; ++j) {
    const std::vector<index_t> sizes = sizes_of(h, before[j]);
    const index_t lines = j == 2 ? count : 1;
    Ids parts{operands[j]};
    std::vector<index_t> widths{lines ? g.size(operands[j]) / lines : 0};
    copies[j].assign(before[j].size(), Ids(orders, kNone));
    for (std::size_t i = 0; i < orders; ++i) {
      if (more[j][i] == kNone && j > 0) continue;
      const Id whole = more[j][i] == kNone ? zeros(g, k * g.size(operands[j])) : more[j][i];
      const Id by_line = exchanged(g, whole, k, lines, widths[0]);  // [line][direction][number]
      for (std::size_t q = 0; q < sizes.size(); ++q) {
        if (sizes[q] == 0) continue;
        copies[j][q][i] = h.input(k * sizes[q]);
        inputs[j]->push_back(copies[j][q][i]);
        parts.push_back(part(g, by_line, lines * k, sizes, q));
        widths.push_back(k * sizes[q]);
      }
    }
    made[j] = beside(g, parts, widths, lines);
  }
  const std::vector<Ids> outputs = extend(h, body->outputs, before, copies);  // [part][i]
  for (std::size_t i = 0; i < orders; ++i) {
    for (std::size_t q = 0; q < before[0].size(); ++q) {
      const index_t size = k * h.size(before[0][q]);
      if (size > 0) derived->outputs.push_back(outputs[q][i] == kNone ? zeros(h, size) : h.full(outputs[q][i], size));
    }
  }
  const std::vector<index_t> widths = sizes_of(h, derived->state), sizes = sizes_of(h, before[0]);
  const Id whole = g.loop(derived, made[0], made[1], made[2], count, all);
  const index_t lines = all ? count + 1 : 1;
  Ids results;
  std::size_t at = before[0].size();
  for (std::size_t i = 0; i < orders; ++i) {
    Ids parts;
    for (std::size_t q = 0; q < before[0].size(); ++q)
      parts.push_back(sizes[q] == 0 ? g.constant(nullptr, 0) : part(g, whole, lines, widths, at++));
    // [line][direction][number of a part] beside each other, and directions outermost again.
    const Id by_line = beside(g, parts, sizes, lines * k);
    results.push_back(exchanged(g, by_line, lines, k, body->size(before[0])));
  }
  return results;
}

}  // namespace

index_t LoopBody::size(const std::vector<Id>& ids) const {
  index_t size = 0;
  for (const Id id : ids) size += graph.size(id);
  return size;
}

std::shared_ptr<const Program> LoopBody::program() const {
  std::call_once(once_, [&] {
    std::vector<Id> inputs = state;
    inputs.insert(inputs.end(), parameters.begin(), parameters.end());
    inputs.insert(inputs.end(), rows.begin(), rows.end());
    program_ = std::make_shared<const Program>(graph, inputs, outputs, Program::Kind::kUncut);
  });
  return program_;
}

Id loop_tangent(Graph& g, Id id, const Id tangents[3], index_t k) {
  if (std::all_of(tangents, tangents + 3, [](Id x) { return x == kNone; })) return kNone;
  const std::vector<Ids> more{{tangents[0]}, {tangents[1]}, {tangents[2]}};
  return extended(g, id, k, more, [k](Graph& h, const Ids& outputs, const Ids* before, const Copies& copies) {
    Ids of, directions;
    for (int j = 0; j < 3; ++j) {
      for (std::size_t q = 0; q < before[j].size(); ++q) {
        if (copies[j][q][0] != kNone) of.push_back(before[j][q]), directions.push_back(copies[j][q][0]);
      }
    }
    std::vector<Ids> found;
    for (const Id x : forward(h, outputs, of, directions, k)) found.push_back({x});
    return found;
  })[0];
}

std::vector<Id> loop_series(Graph& g, Id id, const std::vector<Id>* operands) {
  std::vector<Ids> more;
  for (int j = 0; j < 3; ++j) more.emplace_back(operands[j].begin() + 1, operands[j].end());
  Ids result{id};
  const Ids found = extended(g, id, 1, more, [](Graph& h, const Ids& outputs, const Ids* before, const Copies& copies) {
    Ids of;
    std::vector<Series> curves;
    for (int j = 0; j < 3; ++j) {
      for (std::size_t q = 0; q < before[j].size(); ++q) {
        of.push_back(before[j][q]);
        curves.push_back({before[j][q]});
        curves.back().insert(curves.back().end(), copies[j][q].begin(), copies[j][q].end());
      }
    }
    std::vector<Ids> parts;
    for (const Series& series : taylor(h, outputs, of, curves)) parts.emplace_back(series.begin() + 1, series.end());
    return parts;
  });
  result.insert(result.end(), found.begin(), found.end());
  return result;
}

std::vector<Id> loop_adjoints(Graph& g, Id id, Id w, const bool wanted[3], index_t k) {
  const Node v = g[id];
  const std::shared_ptr<const LoopBody> body = g.body(v.aux);
  const index_t count = v.dims[0], width = body->size(body->state);
  const bool all = v.dims[2] != 0;
  const Id states = all ? id : g.loop(body, v.a, v.b, v.c, count, true);
  auto derived = copy_of(*body);
  Graph& h = derived->graph;
  const Ids groups[3] = {body->state, body->parameters, body->rows};
  std::vector<index_t> sizes[3];
  for (int j = 0; j < 3; ++j) sizes[j] = sizes_of(h, groups[j]);
  derived->parameters = body->parameters, derived->rows = body->state;
  derived->rows.insert(derived->rows.end(), body->rows.begin(), body->rows.end());
  derived->state.clear(), derived->outputs.clear();

  // The body: adjoints of the next state give those of its operands.
  Ids weights, of;
  for (const index_t size : sizes[0]) derived->state.push_back(h.input(k * size)), weights.push_back(derived->state.back());
  for (const Ids& group : groups) of.insert(of.end(), group.begin(), group.end());
  const Ids found = reverse(h, body->outputs, weights, of, k);
  std::size_t at = 0;
  const auto next = [&](index_t size) {
    const Id x = found[at++];
    return x == kNone ? zeros(h, k * size) : h.full(x, k * size);
  };
  for (const index_t size : sizes[0]) {
    Id x = next(size);
    if (all) derived->rows.push_back(h.input(k * size)), x = h.add(x, derived->rows.back());
    derived->outputs.push_back(x);
  }
  for (int j = 1; j < 3; ++j) {
    for (const index_t size : sizes[j]) {
      const Id x = next(size);
      if (!wanted[j]) continue;
      derived->state.push_back(h.input(k * size));
      derived->outputs.push_back(j == 1 ? h.add(derived->state.back(), x) : x);
    }
  }

  // Its operands, in the order of the steps, which are then turned around.
  const auto lines = [&](Id x, index_t first, index_t number, index_t size) {
    Index index;
    for (index_t i = 0; i < number * size; ++i) index.push_back(static_cast<std::int32_t>(first * size + i));
    return g.gather(x, 1, index);
  };
  const index_t row = count ? g.size(v.c) / count : 0;
  Ids parts{lines(states, 0, count, width), v.c};
  std::vector<index_t> widths{width, row};
  Id last = w;
  if (all) {
    const Id by_line = exchanged(g, w, k, count + 1, width), before = lines(by_line, 0, count, k * width);
    last = lines(by_line, count, 1, k * width);
    for (std::size_t q = 0; q < sizes[0].size(); ++q)
      parts.push_back(part(g, before, count * k, sizes[0], q)), widths.push_back(k * sizes[0][q]);
  }
  const Id rows = reversed(g, beside(g, parts, widths, count), count);
  Ids start;
  for (std::size_t q = 0; q < sizes[0].size(); ++q) start.push_back(part(g, last, k, sizes[0], q));
  const std::vector<index_t> state_sizes = sizes_of(h, derived->state);
  while (start.size() < state_sizes.size()) start.push_back(zeros(g, state_sizes[start.size()]));
  const bool by_row = wanted[2] && row > 0;
  const Id swept = g.loop(derived, beside(g, start, state_sizes, 1), v.b, rows, count, by_row);
  const index_t total = g.size(swept) / (by_row ? count + 1 : 1);
  const Id end = by_row ? lines(swept, count, 1, total) : swept;

  // What each operand gets, directions outermost.
  Ids result(3, kNone);
  std::size_t from = 0;
  for (int j = 0; j < 3; ++j) {
    if (j > 0 && !wanted[j]) continue;
    const index_t number = j == 2 ? count : 1;
    const Id source = j == 2 && by_row ? reversed(g, lines(swept, 1, count, total), count) : end;
    Ids own;
    for (std::size_t q = 0; q < sizes[j].size(); ++q) own.push_back(part(g, source, number, state_sizes, from++));
    const Id together = beside(g, own, sizes[j], number * k);
    if (wanted[j] && g.size(together) > 0) result[j] = exchanged(g, together, number, k, g.size(together) / (number * k));
  }
  return result;
}

}  // namespace mmlcore::calculus
