// Graph: a compiled graph of 32-bit or 64-bit indices behind one Python type.
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "arrays.hpp"
#include "mmlcore/graph/build.hpp"
#include "mmlcore/graph/edge_text.hpp"
#include "mmlcore/graph/pagerank.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

using Narrow = Csr<std::uint32_t>;
using Wide = Csr<std::uint64_t>;

struct GraphHandle {
  std::variant<Narrow, Wide> csr;

  template <class F>
  auto visit(F&& f) const {
    return std::visit(f, csr);
  }
};

// Python hands over aligned one-dimensional integer arrays in native byte order.
IdColumn id_column(const py::array& array, const char* name) {
  const char kind = array.dtype().kind();
  if ((kind != 'i' && kind != 'u') || array.ndim() != 1)
    throw py::type_error(std::string(name) + ": needed a column of integers");
  const auto bytes = static_cast<py::ssize_t>(array.itemsize());
  return {array.data(), array.shape(0), array.strides(0) / bytes, static_cast<int>(bytes), kind == 'i'};
}

// Column `name`: integers, or, as a tuple (starts,), the runs of compressed rows.
IdColumn column_or_runs(const py::object& column, const char* name) {
  if (!py::isinstance<py::tuple>(column)) return id_column(column.cast<py::array>(), name);
  const auto starts = column.cast<py::tuple>()[0].cast<py::array_t<std::int64_t, py::array::c_style>>();
  IdColumn runs;
  runs.starts = starts.data();
  runs.runs = starts.size() - 1;
  runs.size = static_cast<index_t>(starts.at(runs.runs));
  return runs;
}

Combine combine_of(const std::string& name) {
  return name == "sum" ? Combine::kSum : name == "first" ? Combine::kFirst : Combine::kKeep;
}

std::unique_ptr<GraphHandle> build_graph(const py::object& source, const py::object& target, const py::object& weight,
                                         index_t nodes, const std::string& combine, bool wide) {
  Edges edges{column_or_runs(source, "source"), column_or_runs(target, "target"), {}};
  py::array weights;
  if (!weight.is_none()) {
    weights = weight.cast<py::array>();
    edges.weight = vector_view<const double>(weights, "weight");
    static const double none = 0;
    if (!edges.weight.data) edges.weight.data = &none;
  }
  if (edges.target.size != edges.size() || (edges.weight.data && edges.weight.size != edges.size())) {
    throw DomainError("source, target and weight have different lengths");
  }
  auto graph = std::make_unique<GraphHandle>();
  const index_t most = index_t{1} << 32;
  const BuildOptions options{combine_of(combine)};
  without_gil([&] {
    if (wide || nodes >= most || edges.size() >= most) {
      graph->csr = build_csr<std::uint64_t>(edges, nodes, options);
    } else {
      graph->csr = build_csr<std::uint32_t>(edges, nodes, options);
    }
  });
  return graph;
}

const double* optional_vector(const py::object& x, index_t size, py::array_t<double>& kept) {
  if (x.is_none()) return nullptr;
  kept = x.cast<py::array_t<double>>();
  if (kept.size() != size) throw DomainError("an internal call came with a vector of the wrong length");
  return kept.data();
}

py::tuple rank(const GraphHandle& graph, double damping, const py::object& restart, const py::object& dangling,
               const py::object& start, double tol, index_t max_iter, bool power, py::array_t<double>& ranks) {
  return graph.visit([&](const auto& csr) {
    RankOptions options;
    py::array_t<double> v, u, s;
    options.damping = damping;
    options.problems = csr.nodes == 0 ? 1 : ranks.size() / csr.nodes;
    options.restart = optional_vector(restart, options.problems * csr.nodes, v);
    options.dangling = optional_vector(dangling, csr.nodes, u);
    options.start = optional_vector(start, csr.nodes, s);
    options.tol = tol;
    options.max_iter = max_iter;
    options.power = power;
    if (ranks.size() != options.problems * csr.nodes)
      throw DomainError("an internal call came with ranks of the wrong length");
    double* out = ranks.mutable_data();
    const RankResult result = without_gil([&] { return pagerank(csr, options, out); });
    return py::make_tuple(result.iterations, result.error, result.converged);
  });
}

template <class T>
py::array_t<T> as_numpy(const Buffer<T>& buffer) {
  return py::array_t<T>(buffer.size(), buffer.data());
}

py::tuple rows(const GraphHandle& graph) {
  const PlainRows plain = without_gil([&] { return graph.visit([](const auto& csr) { return plain_rows(csr); }); });
  return py::make_tuple(as_numpy(plain.start), as_numpy(plain.source), as_numpy(plain.weight), as_numpy(plain.out_weight));
}

py::tuple parse(const py::bytes& text) {
  const std::string_view view = text;
  const EdgeText edges = without_gil([&] { return parse_edges(view.data(), static_cast<index_t>(view.size())); });
  py::object weight = py::none();
  if (edges.weighted) weight = py::array_t<double>(edges.edges, edges.weight.data());
  return py::make_tuple(py::array_t<std::int64_t>(edges.edges, edges.source.data()),
                        py::array_t<std::int64_t>(edges.edges, edges.target.data()), weight);
}

}  // namespace

void bind_graph(py::module_& m) {
  const auto nodes = [](const GraphHandle& g) { return g.visit([](const auto& csr) { return csr.nodes; }); };
  const auto edges = [](const GraphHandle& g) { return g.visit([](const auto& csr) { return csr.edges; }); };
  const auto weighted = [](const GraphHandle& g) { return g.visit([](const auto& csr) { return csr.weighted; }); };
  py::class_<GraphHandle>(m, "InEdges", "A graph as compressed rows of in-links, arranged for PageRank.")
      .def(py::init(&build_graph), py::arg("source"), py::arg("target"), py::arg("weight"), py::arg("nodes"),
           py::arg("combine") = "keep", py::arg("wide") = false)
      .def_property_readonly("nodes", nodes)
      .def_property_readonly("edges", edges)
      .def_property_readonly("weighted", weighted)
      .def("rows", &rows, "(start, source, weight, out_weight): rows by node, their links in the order of the input.");
  m.def(
      "id_range",
      [](const py::array& ids) {
        const IdColumn column = id_column(ids, "ids");
        const IdRange range = without_gil([&] { return id_range(column); });
        return py::make_tuple(range.least, range.largest);
      },
      py::arg("ids"), "The least and the largest of a column of integers.");
  m.def("pagerank", &rank, py::arg("graph"), py::arg("damping"), py::arg("restart"), py::arg("dangling"), py::arg("start"),
        py::arg("tol"), py::arg("max_iter"), py::arg("power"), py::arg("ranks"),
        "Fills ranks; returns (iterations, error, converged). Vectors are checked and sum to 1, or None.");
  m.def("parse_edges", &parse, py::arg("text"), "Edge list in text to (source, target, weight or None).");
}

}  // namespace mmlcore::bindings
