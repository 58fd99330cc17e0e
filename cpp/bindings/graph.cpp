#include <memory>
#include <string_view>

#include "arrays.hpp"
#include "mmlcore/graph/in_edges.hpp"
#include "mmlcore/graph/pagerank.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

using Doubles = py::array_t<double, py::array::c_style>;

const double* optional(const py::object& array, Doubles& kept) {
  if (array.is_none()) return nullptr;
  kept = Doubles(array);
  return kept.data();
}

std::unique_ptr<InEdges> make_graph(const py::array& source, const py::array& target, const py::object& weight,
                                    index_t nodes) {
  Doubles kept;
  const double* w = optional(weight, kept);
  const auto s = vector_view<const std::int64_t>(source, "source"), t = vector_view<const std::int64_t>(target, "target");
  return without_gil([&] { return std::make_unique<InEdges>(build_in_edges(s, t, w, nodes)); });
}

// Arrays that look into the graph's memory and keep it alive.
template <class T>
py::array look(const py::object& self, const Buffer<T>& buffer) {
  py::array_t<T> array(buffer.size(), buffer.data(), self);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

py::tuple run(const InEdges& graph, double damping, const py::object& jump, const py::object& dangling,
              const py::object& start, double tol, index_t max_iter, Doubles& ranks) {
  Doubles kept[3];
  const PageRankOptions options{damping, optional(jump, kept[0]), optional(dangling, kept[1]), optional(start, kept[2]), tol,
                                max_iter};
  double* out = ranks.mutable_data();
  const PageRankResult result = without_gil([&] { return pagerank(graph, options, out); });
  return py::make_tuple(result.iterations, result.error, result.converged);
}

py::tuple parse(const py::bytes& text) {
  const std::string_view view = text;
  EdgeText edges = without_gil([&] { return parse_edges(view.data(), static_cast<index_t>(view.size())); });
  py::object weight = py::none();
  if (edges.weighted) weight = py::array_t<double>(edges.edges, edges.weight.data());
  return py::make_tuple(py::array_t<std::int64_t>(edges.edges, edges.source.data()),
                        py::array_t<std::int64_t>(edges.edges, edges.target.data()), weight);
}

}  // namespace

void bind_graph(py::module_& m) {
  py::class_<InEdges>(m, "InEdges", "Compressed lists of the edges that come in to each node.")
      .def(py::init(&make_graph), py::arg("source"), py::arg("target"), py::arg("weight"), py::arg("nodes"))
      .def_readonly("nodes", &InEdges::nodes)
      .def_readonly("edges", &InEdges::edges)
      .def_property_readonly("start", [](const py::object& self) { return look(self, self.cast<InEdges&>().start); })
      .def_property_readonly("source", [](const py::object& self) { return look(self, self.cast<InEdges&>().source); })
      .def_property_readonly("weight", [](const py::object& self) { return look(self, self.cast<InEdges&>().weight); })
      .def_property_readonly("out_weight",
                             [](const py::object& self) { return look(self, self.cast<InEdges&>().out_weight); });
  m.def("pagerank", &run, py::arg("graph"), py::arg("damping"), py::arg("jump"), py::arg("dangling"), py::arg("start"),
        py::arg("tol"), py::arg("max_iter"), py::arg("ranks"), "Fills ranks; returns (iterations, error, converged).");
  m.def("parse_edges", &parse, py::arg("text"), "Edge list in text to (source, target, weight or None).");
}

}  // namespace mmlcore::bindings
