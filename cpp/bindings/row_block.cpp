// Blocks of rows for a PageRank over several machines: functions of plain arrays.
#include "mmlcore/graph/row_block.hpp"

#include <algorithm>

#include "arrays.hpp"
#include "mmlcore/matrices/sparse_product.hpp"
#include "module.hpp"

namespace mmlcore::bindings::row_block_py {
namespace {

using Starts = py::array_t<std::int64_t, py::array::c_style>;
using Numbers = py::array_t<double, py::array::c_style>;
template <class Index>
using Ids = py::array_t<Index, py::array::c_style>;

// Blocks come over the network: what addresses memory is looked at.
template <class Index>
bool all_within(const Index* ids, index_t size, index_t first, index_t end) {
  return std::all_of(ids, ids + size, [&](Index id) { return id >= first && id < end; });
}

template <class Index>
py::tuple sort_as(const py::list& parts, const Ids<Index>& number, index_t first, index_t rows) {
  std::vector<py::object> kept;  // arrays made here of others
  std::vector<EdgeColumns<Index>> chunks;
  index_t edges = 0;
  const bool weighted = !parts.empty() && !parts[0].cast<py::tuple>()[2].is_none();
  for (const py::handle part : parts) {
    const auto columns = part.cast<py::tuple>();
    const auto s = columns[0].cast<Ids<Index>>(), t = columns[1].cast<Ids<Index>>();
    if (t.size() != s.size() || columns[2].is_none() == weighted) throw DomainError("columns of edges do not fit");
    if (!all_within(t.data(), t.size(), first, first + rows)) throw DomainError("target: an edge leads out of the block");
    if (!all_within(s.data(), s.size(), 0, number.size())) throw DomainError("source: an edge comes from no node");
    chunks.push_back({s.size(), s.data(), t.data(), nullptr});
    kept.insert(kept.end(), {s, t});
    if (weighted) {
      const auto w = columns[2].cast<Numbers>();
      if (w.size() != s.size()) throw DomainError("weight has another length than source");
      chunks.back().weight = w.data();
      kept.push_back(w);
    }
    edges += s.size();
  }
  Starts start(rows + 1);
  Ids<Index> sorted(edges);
  Numbers weight(weighted ? edges : 0);
  std::int64_t* start_data = start.mutable_data();
  Index* sorted_data = sorted.mutable_data();
  double* out = weighted ? weight.mutable_data() : nullptr;
  without_gil([&] { sort_rows(chunks, number.data(), first, rows, start_data, sorted_data, out); });
  return py::make_tuple(start, sorted, weighted ? py::object(weight) : py::object(py::none()));
}

py::tuple sort(const py::object& parts, const py::array& number, index_t first, index_t rows) {
  if (rows < 0 || first < 0) throw DomainError("a block of rows has a negative size");
  return holds<std::int32_t>(number) ? sort_as<std::int32_t>(parts, number, first, rows)
                                     : sort_as<std::int64_t>(parts, number, first, rows);
}

template <class Index>
Numbers multiply_as(const Starts& start, const Ids<Index>& source, const py::object& weight, const Numbers& z) {
  const index_t rows = start.size() - 1, edges = source.size(), nodes = z.size();
  Numbers w;
  if (!weight.is_none()) w = weight.cast<Numbers>();
  const Csr<Index, double, std::int64_t> block{rows, start.data(), source.data(), weight.is_none() ? nullptr : w.data()};
  if (rows < 0 || block.start[0] != 0 || block.start[rows] != edges || (block.value && w.size() != edges))
    throw DomainError("an internal call came with a block of rows that is none");
  Numbers y(rows);
  double* out = y.mutable_data();
  without_gil([&] {
    for (index_t t = 0; t < rows; ++t) {
      if (block.start[t] > block.start[t + 1]) throw DomainError("a block of rows is damaged");
    }
    if (!all_within(block.column, edges, 0, nodes))
      throw DomainError("an edge comes from a node that the vector does not have");
    sparse_product(block, z.data(), out);
  });
  return y;
}

Numbers multiply(const Starts& start, const py::array& source, const py::object& weight, const Numbers& z) {
  return holds<std::int32_t>(source) ? multiply_as<std::int32_t>(start, source, weight, z)
                                     : multiply_as<std::int64_t>(start, source, weight, z);
}

}  // namespace

void bind(py::module_& m) {
  m.def("sort_rows", &sort, py::arg("parts"), py::arg("number"), py::arg("first"), py::arg("rows"),
        "(start, source, weight): edges of (source, target, weight) of several chunks by target, sources numbered anew.");
  m.def("multiply_rows", &multiply, py::arg("start"), py::arg("source"), py::arg("weight"), py::arg("z"),
        "The sums of w z over the edges of each row.");
}

}  // namespace mmlcore::bindings::row_block_py
