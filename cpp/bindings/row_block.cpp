// Blocks of rows for a PageRank over several machines: functions of plain arrays.
#include "mmlcore/graph/row_block.hpp"

#include <algorithm>

#include "arrays.hpp"
#include "mmlcore/matrices/sparse_product.hpp"
#include "module.hpp"

namespace mmlcore::bindings::row_block_py {
namespace {

using Ids = py::array_t<std::int64_t, py::array::c_style>;
using Numbers = py::array_t<double, py::array::c_style>;

py::tuple sort(const Ids& source, const Ids& target, const py::object& weight, index_t rows) {
  const index_t edges = source.size();
  const std::int64_t *s = source.data(), *t = target.data();
  if (target.size() != edges || rows < 0) throw DomainError("source and target have different lengths");
  if (std::any_of(t, t + edges, [&](std::int64_t row) { return row < 0 || row >= rows; }))
    throw DomainError("target: an edge leads out of the block of rows");
  Ids start(rows + 1), sorted(edges);
  Numbers w, sorted_weight;
  if (!weight.is_none()) {
    w = weight.cast<Numbers>();
    if (w.size() != edges) throw DomainError("weight has another length than source");
    sorted_weight = Numbers(edges);
  }
  const double* w_data = weight.is_none() ? nullptr : w.data();
  double* out = weight.is_none() ? nullptr : sorted_weight.mutable_data();
  std::int64_t *start_data = start.mutable_data(), *sorted_data = sorted.mutable_data();
  without_gil([&] { sort_rows(s, t, w_data, edges, rows, start_data, sorted_data, out); });
  return py::make_tuple(start, sorted, weight.is_none() ? py::object(py::none()) : py::object(sorted_weight));
}

Numbers multiply(const Ids& start, const Ids& source, const py::object& weight, const Numbers& z) {
  const index_t rows = start.size() - 1, edges = source.size(), nodes = z.size();
  Numbers w;
  if (!weight.is_none()) w = weight.cast<Numbers>();
  const Csr<std::int64_t, double> block{rows, start.data(), source.data(), weight.is_none() ? nullptr : w.data()};
  if (rows < 0 || block.start[0] != 0 || block.start[rows] != edges || (block.value && w.size() != edges))
    throw DomainError("an internal call came with a block of rows that is none");
  Numbers y(rows);
  double* out = y.mutable_data();
  without_gil([&] {
    // Blocks come over the network: what addresses memory is looked at.
    for (index_t t = 0; t < rows; ++t) {
      if (block.start[t] > block.start[t + 1]) throw DomainError("a block of rows is damaged");
    }
    if (std::any_of(block.column, block.column + edges, [&](std::int64_t s) { return s < 0 || s >= nodes; }))
      throw DomainError("an edge comes from a node that the vector does not have");
    sparse_product(block, z.data(), out);
  });
  return y;
}

}  // namespace

void bind(py::module_& m) {
  m.def("sort_rows", &sort, py::arg("source"), py::arg("target"), py::arg("weight"), py::arg("rows"),
        "(start, source, weight): edges by target, which counts from the first row of the block.");
  m.def("multiply_rows", &multiply, py::arg("start"), py::arg("source"), py::arg("weight"), py::arg("z"),
        "The sums of w z over the edges of each row.");
}

}  // namespace mmlcore::bindings::row_block_py
