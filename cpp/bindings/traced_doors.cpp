// The doors of functions that take a function: derivatives of one that was traced before, as long as it reads what it read
// then. The first call of a function, arguments that are no arrays or lists of numbers, `out` for several results and errors
// are Python's.
#include <pybind11/gil_safe_call_once.h>

#include <vector>

#include "border.hpp"
#include "call_program.hpp"
#include "door_arguments.hpp"
#include "door_call.hpp"
#include "module.hpp"

namespace mmlcore::bindings::traced_doors_py {
namespace {

constexpr int kMostArrays = 6;

enum class Gives { array, value_and_rest, series, pattern };

// What a door does: `arrays` after the function, of which the first are points: vectors or numbers. `several` takes further
// arguments, and then all are one point. An `order` belongs to the name of the program.
struct Derivative {
  const char* name;
  int arrays;
  bool vectors;
  Gives gives = Gives::array;
  bool several = false;
  bool order = false;
  bool composed = false;  // of a function and a path to its points
};

constexpr Derivative kDerivatives[] = {
    {"gradient", 1, true, Gives::array, true},
    {"value_and_gradient", 1, true, Gives::value_and_rest},
    {"jacobian", 1, true, Gives::array, true},
    {"hessian", 1, true, Gives::array, true},
    {"hessian_vector_product", 2, true},
    {"jacobian_vector_product", 2, true},
    {"vector_jacobian_product", 2, true},
    {"sparse_jacobian", 1, true, Gives::pattern},
    {"sparse_hessian", 1, true, Gives::pattern},
    {"derivative", 1, false, Gives::array, false, true},
    {"taylor", 1, false, Gives::series, false, true},
    {"total_derivative", 1, false, Gives::array, false, false, true},
};

py::object own(PyObject* made) {
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

// Objects that are asked for by name, made once.
struct Words {
  py::object order, out, center, coefficients, programs, memory, path, every, value, rest, first;
  py::object kinds[std::size(kDerivatives)];
};
const Words& words() {
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<Words> kept;
  return kept
      .call_once_and_store_result([] {
        const auto word = [](const char* text) { return own(PyUnicode_InternFromString(text)); };
        const py::object all = py::reinterpret_borrow<py::object>(Py_Ellipsis);
        Words w{word("order"),
                word("out"),
                word("center"),
                word("coefficients"),
                word("_programs"),
                word("_memory"),
                word("path"),
                word("all"),
                py::make_tuple(all, 0),
                py::make_tuple(all, py::slice(1, {}, {})),
                {},
                {}};
        for (std::size_t i = 0; i < std::size(kDerivatives); ++i) w.kinds[i] = word(kDerivatives[i].name);
        w.first = py::make_tuple(word("derivative"), 1);
        return w;
      })
      .get_stored();
}

PyObject* other_way() { return Py_NewRef(Py_NotImplemented); }

// The programs of a trace and what else belongs to it.
struct Trace {
  py::object programs, function;
};

bool has_axes(PyObject* array, int least) { return PyArray_NDIM(reinterpret_cast<PyArrayObject*>(array)) >= least; }

py::object length_of_points(PyObject* array) {
  auto* x = reinterpret_cast<PyArrayObject*>(array);
  return own(PyLong_FromSsize_t(PyArray_DIM(x, PyArray_NDIM(x) - 1)));
}

py::object shapes_of(PyObject* const* given, int count) {
  py::tuple shapes(count);
  for (int k = 0; k < count; ++k) {
    auto* x = reinterpret_cast<PyArrayObject*>(given[k]);
    py::tuple shape(PyArray_NDIM(x));
    for (int i = 0; i < PyArray_NDIM(x); ++i) shape[static_cast<std::size_t>(i)] = PyArray_DIM(x, i);
    shapes[static_cast<std::size_t>(k)] = std::move(shape);
  }
  return py::make_tuple(words().every, shapes);
}

// Whether the points of an entry's program have that number of axes.
bool points_have(PyObject* entry, int axes) {
  PyObject* const forms = PyTuple_CheckExact(entry) && PyTuple_GET_SIZE(entry) == 4 ? PyTuple_GET_ITEM(entry, 3) : nullptr;
  if (!forms || !PyTuple_CheckExact(forms) || PyTuple_GET_SIZE(forms) == 0) return false;
  PyObject* const form = PyTuple_GET_ITEM(forms, 0);
  return PyTuple_CheckExact(form) && PyTuple_GET_SIZE(form) == axes;
}

class TracedCall {
 public:
  TracedCall(const Door& door, const Derivative& kind, int number) : door_(door), kind_(kind), number_(number) {}

  PyObject* run(PyObject* const* args, Py_ssize_t positional, PyObject* names) {
    if (!take(args, positional, names)) return other_way();
    PyObject* const f = args[0];
    py::object form = py::tuple();
    if (count_ > kind_.arrays) {
      form = shapes_of(given_, count_);
    } else if (kind_.vectors) {
      if (!has_axes(given_[0], 1)) return other_way();
      form = length_of_points(given_[0]);
    }
    Later later;
    Trace trace;
    if (Py_TYPE(f) == function_type() && !kind_.composed) {
      if (count_ > kind_.arrays) return other_way();
      trace = {own(PyObject_GetAttr(f, words().programs.ptr())), py::reinterpret_borrow<py::object>(f)};
    } else {
      const py::object both = kind_.composed ? own(PyTuple_Pack(2, f, args[1])) : py::object();
      const py::object kept = kind_.composed ? traced_before(f, words().path.ptr(), both.ptr(), &later)
                                             : traced_before(f, form.ptr(), f, &later);
      if (!kept) return other_way();
      trace = {py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(kept.ptr(), 1)),
               py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(kept.ptr(), 2))};
    }
    const py::object entry = found_in(trace.programs.ptr(), program_.ptr());
    if (!entry || (count_ == kind_.arrays && !points_have(entry.ptr(), kind_.vectors ? 1 : 0))) return other_way();
    py::object found = own(call_entry(entry.ptr(), given_, count_, later.arrays.empty() ? nullptr : &later, out_));
    if (found.is(py::handle(Py_NotImplemented))) return found.release().ptr();
    return finished(std::move(found), trace).release().ptr();
  }

 private:
  // False where the call is not plain.
  bool take(PyObject* const* args, Py_ssize_t positional, PyObject* names) {
    PyObject* order = nullptr;
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); ++i) {
      PyObject *const name = PyTuple_GET_ITEM(names, i), *const value = args[positional + i];
      if (kind_.order && name == words().order.ptr()) {
        order = value;
      } else if (kind_.gives == Gives::array && name == words().out.ptr()) {
        out_ = value == Py_None ? nullptr : value;
      } else {
        return false;
      }
    }
    const Py_ssize_t before = kind_.composed ? 2 : 1;
    Py_ssize_t arrays = positional - before;
    if (kind_.gives == Gives::series && arrays == 2 && !order) order = args[positional - 1], arrays = 1;
    if (arrays < kind_.arrays || arrays > (kind_.several ? kMostArrays : kind_.arrays)) return false;
    program_ = words().kinds[number_];
    if (kind_.order || kind_.composed) {
      if (!order && kind_.gives == Gives::series) return false;
      if (order && !PyLong_CheckExact(order)) return false;
      program_ = order ? own(PyTuple_Pack(2, program_.ptr(), order)) : words().first;
    }
    count_ = static_cast<int>(arrays);
    std::copy_n(args + before, arrays, given_);
    return all_plain(given_, count_, false) || all_converted(given_, count_, held_);
  }

  py::object finished(py::object found, const Trace& trace) const {
    const Words& w = words();
    switch (kind_.gives) {
      case Gives::array:
        return found;
      case Gives::value_and_rest: {
        const py::object value = own(PyObject_GetItem(found.ptr(), w.value.ptr()));
        const py::object rest = own(PyObject_GetItem(found.ptr(), w.rest.ptr()));
        return own(PyTuple_Pack(2, value.ptr(), rest.ptr()));
      }
      case Gives::series: {
        // Its own way to set attributes refuses all.
        py::object series = own(door_.results->tp_alloc(door_.results, 0));
        if (PyObject_GenericSetAttr(series.ptr(), w.center.ptr(), given_[0]) < 0 ||
            PyObject_GenericSetAttr(series.ptr(), w.coefficients.ptr(), found.ptr()) < 0)
          throw py::error_already_set();
        return series;
      }
      case Gives::pattern: {
        const py::object memory = own(PyObject_GetAttr(trace.function.ptr(), w.memory.ptr()));
        const py::object where = found_in(memory.ptr(), program_.ptr());
        if (!where) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
        PyObject* const* parts = reinterpret_cast<PyTupleObject*>(where.ptr())->ob_item;
        const py::object all = own(PyTuple_Pack(4, found.ptr(), parts[0], parts[1], parts[2]));
        const py::object arguments = own(PyTuple_Pack(1, all.ptr()));
        return own(PyTuple_Type.tp_new(door_.results, arguments.ptr(), nullptr));
      }
    }
    return {};
  }

  const Door& door_;
  const Derivative& kind_;
  const int number_;
  py::object program_;
  int count_ = 0;
  PyObject* out_ = nullptr;
  PyObject* given_[kMostArrays];
  py::object held_[kMostArrays];
};

extern const DoorRow rows[std::size(kDerivatives)];

PyObject* enter(PyObject* self, PyObject* const* args, std::size_t flags, PyObject* names) {
  const Door& door = *reinterpret_cast<Door*>(self);
  const Py_ssize_t positional = PyVectorcall_NARGS(flags);
  if (!door.wrapped) {
    PyErr_SetString(PyExc_RuntimeError, "a door of mmlcore was called before its function was there");
    return nullptr;
  }
  const auto number = static_cast<int>(door.row - rows);
  PyObject* const found =
      guarded([&] { return TracedCall(door, kDerivatives[number], number).run(args, positional, names); });
  if (found != Py_NotImplemented) return found;
  Py_DECREF(found);
  return PyObject_Vectorcall(door.wrapped, args, static_cast<std::size_t>(positional), names);
}

#define MMLCORE_TRACED(name, points)                                \
  {                                                                 \
    name, Signature("(n)->"), points, "", {}, { .entrance = enter } \
  }
const DoorRow rows[] = {
    MMLCORE_TRACED("gradient", "x"),
    MMLCORE_TRACED("value_and_gradient", "x"),
    MMLCORE_TRACED("jacobian", "x"),
    MMLCORE_TRACED("hessian", "x"),
    MMLCORE_TRACED("hessian_vector_product", "x"),
    MMLCORE_TRACED("jacobian_vector_product", "x"),
    MMLCORE_TRACED("vector_jacobian_product", "x"),
    MMLCORE_TRACED("sparse_jacobian", "x"),
    MMLCORE_TRACED("sparse_hessian", "x"),
    MMLCORE_TRACED("derivative", "x"),
    MMLCORE_TRACED("taylor", "x0"),
    MMLCORE_TRACED("total_derivative", "t"),
};
#undef MMLCORE_TRACED

}  // namespace

void bind(py::module_& m) { add_doors(m, rows); }

}  // namespace mmlcore::bindings::traced_doors_py
