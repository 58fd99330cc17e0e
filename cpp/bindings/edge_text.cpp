// EdgeText: edge lists in text, block by block.
#include "mmlcore/graph/edge_text.hpp"

#include <memory>

#include "arrays.hpp"
#include "module.hpp"

namespace mmlcore::bindings {
namespace {

// The memory of a column goes to numpy without a copy.
template <class T>
py::array_t<T> given_to_numpy(Growing<T>&& column, index_t size) {
  auto owner = std::make_unique<Growing<T>>(std::move(column));
  const T* data = owner->data();
  const py::capsule keeper(owner.release(), [](void* p) { delete static_cast<Growing<T>*>(p); });
  return py::array_t<T>(size, data, keeper);
}

void feed(EdgeText& edges, const py::object& text, bool mapped) {
  const py::buffer_info view = py::reinterpret_borrow<py::buffer>(text).request();
  const auto* data = static_cast<const char*>(view.ptr);
  without_gil([&] { edges.feed(data, view.size * view.itemsize, mapped); });
}

py::tuple columns(EdgeText& edges) {
  const index_t size = edges.edges;
  py::object weight = py::none();
  if (edges.weighted.value_or(false)) weight = given_to_numpy(std::move(edges.weight), size);
  const auto both = [&](auto& ends) -> py::tuple {
    return py::make_tuple(given_to_numpy(std::move(ends.source), size), given_to_numpy(std::move(ends.target), size),
                          weight);
  };
  py::tuple all = edges.wide ? both(edges.wide_ends) : both(edges.ends);
  edges = EdgeText();
  return all;
}

}  // namespace

void bind_edge_text(py::module_& m) {
  py::class_<EdgeText>(m, "EdgeText", "Edges of an edge list in text.")
      .def(py::init<>())
      .def_readonly("lines", &EdgeText::lines)
      .def("feed", &feed, py::arg("text"), py::arg("mapped") = false, "The next lines, whole ones.")
      .def("columns", &columns, "(source, target, weight or None): the memory goes to them, and this is empty again.");
}

}  // namespace mmlcore::bindings
