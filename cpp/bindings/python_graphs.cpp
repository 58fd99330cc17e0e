// Edges of networkx graphs and of columns of names: loops over Python objects, with the C API where every nanosecond counts.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "module.hpp"

namespace mmlcore::bindings::python_graphs_py {
namespace {

// Numbers for objects, in the order in which they first come; equal objects have one number.
class Numbering {
 public:
  std::int64_t add(PyObject* name) {
    PyObject* known = PyDict_GetItemWithError(numbers_.ptr(), name);
    if (known) return PyLong_AsLongLong(known);
    if (PyErr_Occurred()) throw py::error_already_set();
    const auto number = static_cast<std::int64_t>(PyDict_Size(numbers_.ptr()));
    if (PyDict_SetItem(numbers_.ptr(), name, py::int_(number).ptr()) < 0) throw py::error_already_set();
    return number;
  }
  // The number of an object that has one, or -1.
  std::int64_t find(PyObject* name) const {
    PyObject* known = PyDict_GetItemWithError(numbers_.ptr(), name);
    if (!known && PyErr_Occurred()) throw py::error_already_set();
    return known ? PyLong_AsLongLong(known) : -1;
  }
  py::list names() const { return py::list(numbers_); }

 private:
  py::dict numbers_;
};

struct EdgeColumns {
  std::vector<std::int64_t> source, target;
  std::vector<double> weight;
  bool plain = true;  // every weight is 1

  py::tuple columns() const {
    py::object w = py::none();
    if (!plain) w = py::array_t<double>(static_cast<py::ssize_t>(weight.size()), weight.data());
    return py::make_tuple(py::array_t<std::int64_t>(static_cast<py::ssize_t>(source.size()), source.data()),
                          py::array_t<std::int64_t>(static_cast<py::ssize_t>(target.size()), target.data()), w);
  }
};

PyObject* checked_dict(PyObject* object) {
  if (!PyDict_Check(object)) throw py::type_error("an adjacency is not a dict of dicts");
  return object;
}

// Calls f with each key and value of a dict. What names and weights do when they are compared, hashed or converted may
// change the dict: both are held meanwhile, and a dict of another size is an error, as in Python's own loops.
template <class F>
void each_item(PyObject* dict, F&& f) {
  checked_dict(dict);
  const py::object held = py::reinterpret_borrow<py::object>(dict);
  const Py_ssize_t size = PyDict_Size(dict);
  PyObject *key, *value;
  Py_ssize_t at = 0;
  while (PyDict_Next(dict, &at, &key, &value)) {
    const auto k = py::reinterpret_borrow<py::object>(key), v = py::reinterpret_borrow<py::object>(value);
    f(key, value);
    if (PyDict_Size(dict) != size) throw DomainError("graph: changed while its edges were read");
  }
}

double weight_of(PyObject* attributes, PyObject* name) {
  PyObject* value = PyDict_GetItemWithError(checked_dict(attributes), name);
  if (!value) {
    if (PyErr_Occurred()) throw py::error_already_set();
    return 1;
  }
  const auto held = py::reinterpret_borrow<py::object>(value);
  const double weight = PyFloat_AsDouble(value);
  if (weight == -1 && PyErr_Occurred()) throw py::error_already_set();
  return weight;
}

// (source, target, weight or None) of a networkx adjacency, in its own order. `nodes` gives the numbers; of a multigraph
// every parallel edge is one. Raises TypeError when the adjacency is no plain dict of dicts: a view of another graph.
py::tuple networkx_edges(const py::object& nodes, const py::object& adjacency, const py::object& weight, bool multigraph) {
  Numbering numbering;
  for (const py::handle node : nodes) numbering.add(node.ptr());
  EdgeColumns edges;
  const auto push = [&](std::int64_t s, std::int64_t t, PyObject* attributes) {
    const double w = weight.is_none() ? 1 : weight_of(attributes, weight.ptr());
    edges.source.push_back(s);
    edges.target.push_back(t);
    edges.weight.push_back(w);
    edges.plain = edges.plain && w == 1;
  };
  Py_ssize_t rows = 0;
  each_item(adjacency.ptr(), [&](PyObject* node, PyObject* neighbours) {
    if (++rows % 4096 == 0 && PyErr_CheckSignals() != 0) throw py::error_already_set();
    const std::int64_t s = numbering.find(node);
    each_item(neighbours, [&](PyObject* neighbour, PyObject* value) {
      const std::int64_t t = numbering.find(neighbour);
      if (s < 0 || t < 0) throw DomainError("an edge of the graph names a node that the graph does not have");
      if (!multigraph) {
        push(s, t, value);
        return;
      }
      each_item(value, [&](PyObject*, PyObject* attributes) { push(s, t, attributes); });
    });
  });
  return edges.columns();
}

// (source, target, names): numbers as names first appear, edge by edge.
py::tuple number_names(const py::object& source, const py::object& target) {
  Numbering numbering;
  // Tuples: what a name does when it is hashed may change a list.
  const py::tuple s(source), t(target);
  const Py_ssize_t m = PyTuple_GET_SIZE(s.ptr());
  if (m != PyTuple_GET_SIZE(t.ptr())) throw DomainError("source and target have different lengths");
  py::array_t<std::int64_t> from(m), to(m);
  std::int64_t *from_data = from.mutable_data(), *to_data = to.mutable_data();
  for (Py_ssize_t e = 0; e < m; ++e) {
    if (e % 65536 == 0 && PyErr_CheckSignals() != 0) throw py::error_already_set();
    from_data[e] = numbering.add(PyTuple_GET_ITEM(s.ptr(), e));
    to_data[e] = numbering.add(PyTuple_GET_ITEM(t.ptr(), e));
  }
  return py::make_tuple(from, to, numbering.names());
}

}  // namespace

void bind(py::module_& m) {
  m.def("networkx_edges", &networkx_edges, py::arg("nodes"), py::arg("adjacency"), py::arg("weight"), py::arg("multigraph"),
        "(source, target, weight or None) of a networkx adjacency.");
  m.def("number_names", &number_names, py::arg("source"), py::arg("target"),
        "(source, target, names): numbers as names first appear.");
}

}  // namespace mmlcore::bindings::python_graphs_py
