// EdgeText: edge lists in text, block by block.
#include "mmlcore/graph/edge_text.hpp"

#include <memory>

#include "arrays.hpp"
#include "module.hpp"

namespace mmlcore::bindings::edge_text_py {
namespace {

// The memory of a column goes to numpy without a copy.
template <class T>
py::array_t<T> given_to_numpy(Growing<T>&& column, index_t size) {
  auto owner = std::make_unique<Growing<T>>(std::move(column));
  const T* data = owner->data();
  const py::capsule keeper(owner.get(), [](void* p) { delete static_cast<Growing<T>*>(p); });
  static_cast<void>(owner.release());  // the capsule has it, now that there is one
  return py::array_t<T>(size, data, keeper);
}

// The bytes of an object, for as long as this lives. (py::buffer_info would never let go of them where it runs out of
// memory.)
class Bytes {
 public:
  explicit Bytes(const py::object& from) {
    if (PyObject_GetBuffer(from.ptr(), &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  }
  ~Bytes() { PyBuffer_Release(&view_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  const char* data() const { return static_cast<const char*>(view_.buf); }
  index_t size() const { return view_.len; }

 private:
  Py_buffer view_;
};

void feed(EdgeText& edges, const py::object& text, bool mapped) {
  const Bytes bytes(text);
  without_gil([&] { edges.feed(bytes.data(), bytes.size(), mapped); });
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

void bind(py::module_& m) {
  py::class_<EdgeText>(m, "EdgeText", "Edges of an edge list in text.")
      .def(py::init<>())
      .def_readonly("lines", &EdgeText::lines)
      .def("feed", &feed, py::arg("text"), py::arg("mapped") = false, "The next lines, whole ones.")
      .def("columns", &columns, "(source, target, weight or None): the memory goes to them, and this is empty again.");
}

}  // namespace mmlcore::bindings::edge_text_py
