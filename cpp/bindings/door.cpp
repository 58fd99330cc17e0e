#include "door.hpp"

#include <structmember.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "door_arguments.hpp"
#include "door_call.hpp"

namespace mmlcore::bindings {

namespace py = pybind11;

Signature::Signature(const char* text) {
  const auto letter_of = [this](char c) {
    for (int i = 0; i < letters; ++i) {
      if (letter[i] == c) return i;
    }
    letter[letters] = c;
    return letters++;
  };
  bool after = false;
  for (const char* c = text; *c; ++c) {
    if (*c == '>') after = true;
    if (*c != '(') continue;
    Core& core = after ? result[results++] : input[inputs++];
    for (++c; *c != ')'; ++c) {
      if (*c == '?') core.optional[core.axes - 1] = true;
      if (*c != ',' && *c != '?') core.letter[core.axes++] = letter_of(*c);
    }
    if (after && c[1] != ',' && c[1] != 0) holds[results - 1] = c[1];
    if (!after) given = letters;
  }
}

namespace {

PyObject* out_name = nullptr;
py::dict* doors = nullptr;  // by name

// Index of a name; -1 if it is none of these. Names in calls are nearly always interned: then the objects are the same.
int index_of(const std::vector<PyObject*>& names, PyObject* name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int>(i);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (PyUnicode_Compare(names[i], name) == 0) return static_cast<int>(i);
  }
  return -1;
}

// Calls the Python function, without `out`, which is then filled here.
PyObject* general(const Door& door, PyObject* const* args, Py_ssize_t positional, PyObject* names, PyObject* out) {
  if (!out) return PyObject_Vectorcall(door.wrapped, args, static_cast<std::size_t>(positional), names);
  std::vector<PyObject*> kept(args, args + positional), keys;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
    if (PyUnicode_Compare(PyTuple_GET_ITEM(names, i), out_name) == 0) continue;
    keys.push_back(PyTuple_GET_ITEM(names, i));
    kept.push_back(args[positional + i]);
  }
  auto left = py::reinterpret_steal<py::object>(PyTuple_New(static_cast<Py_ssize_t>(keys.size())));
  if (!left) return nullptr;
  for (std::size_t i = 0; i < keys.size(); ++i) PyTuple_SET_ITEM(left.ptr(), static_cast<Py_ssize_t>(i), Py_NewRef(keys[i]));
  auto found = py::reinterpret_steal<py::object>(
      PyObject_Vectorcall(door.wrapped, kept.data(), static_cast<std::size_t>(positional), left.ptr()));
  if (!found) return nullptr;
  if (out == Py_None) return found.release().ptr();
  static std::atomic<PyObject*> into;  // checks `out` and copies
  return PyObject_CallFunctionObjArgs(helper(into, "into"), out, found.ptr(), nullptr);
}

// Whether an option has a value that the door knows: a number where it has a default, else None.
bool takes_option(const Door& door, int option, PyObject* value, double& number) {
  if (door.kind[option] == Option::none) {
    number = 0;  // given
    return value == Py_None;
  }
  const bool fraction = door.kind[option] == Option::number;
  if (fraction && (PyFloat_CheckExact(value) || PyArray_IsScalar(value, Double))) {  // a float of Python's as well
    number = PyFloat_AS_DOUBLE(value);
  } else if (fraction && PyBool_Check(value)) {
    number = value == Py_True;
  } else if (PyLong_CheckExact(value)) {
    number = PyLong_AsDouble(value);
    if (PyErr_Occurred()) {  // beyond float64: the function says so
      PyErr_Clear();
      return false;
    }
  } else {
    return false;
  }
  return fraction ? std::isfinite(number) : std::abs(number) < 0x1p53;
}

// What a call gives a row: arguments and options in their places, and `out` apart.
struct Given {
  PyObject* argument[kMostParts] = {};
  PyObject* out = nullptr;
  double option[kMostOptions];

  // False where the call is none of this row's.
  bool take(const Door& door, PyObject* const* args, Py_ssize_t positional, PyObject* names) {
    const int inputs = door.row->signature.inputs;
    std::copy_n(door.defaults, kMostOptions, option);
    unsigned given = 0;  // options, a bit each
    bool fits = positional <= door.places;
    const auto set_option = [&](int at, PyObject* value) {
      fits &= !(given >> at & 1) && takes_option(door, at, value, option[at]);
      given |= 1u << at;
    };
    for (Py_ssize_t i = 0; i < positional && fits; ++i) {
      const int place = door.place[i];
      if (place == kUnknown) {
        fits = false;
      } else if (place < kMostParts) {
        argument[place] = args[i];
      } else {
        set_option(place - kMostParts, args[i]);
      }
    }
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); ++i) {
      PyObject *name = PyTuple_GET_ITEM(names, i), *value = args[positional + i];
      if (door.takes_out && (name == out_name || PyUnicode_Compare(name, out_name) == 0)) {
        out = value;
        continue;
      }
      const int place = door.named ? index_of(*door.arguments, name) : -1;
      if (place >= 0) {
        fits &= !argument[place];
        argument[place] = value;
        continue;
      }
      const int at = index_of(*door.options, name);
      if (at < 0) {
        fits = false;
      } else {
        set_option(at, value);
      }
    }
    for (int i = 0; i < inputs; ++i) fits &= argument[i] && argument[i] != Py_None;  // None: what another row does without
    for (std::size_t i = 0; i < door.options->size(); ++i) fits &= !std::isnan(option[i]);
    return fits;
  }
};

// The answer of a row to what it was given; a new reference to NotImplemented where the next one has to see to it.
PyObject* try_row(const Door& door, Given& given) {
  const int inputs = door.row->signature.inputs;
  py::object kept, arrays[kMostParts];
  const bool complex = door.row->traits.complex;
  if (inputs > 0 && !all_plain(given.argument, inputs, complex)) {
    // Rows of real numbers convert what may become some; complex arguments of several kinds are mostly the function's.
    const bool widened = door.row->traits.widens && all_widened(given.argument, inputs, arrays);
    if (!widened && (complex || any_complex(given.argument, inputs))) return Py_NewRef(Py_NotImplemented);
    if (door.row->traits.bytes && of_bytes(given.argument[0], door.row->traits.few_bytes))
      return Py_NewRef(Py_NotImplemented);
    if (std::any_of(given.argument, given.argument + inputs, speaks_for_itself)) return Py_NewRef(Py_NotImplemented);
    if (door.row->traits.own_types) {
      if (!each_converted(given.argument, inputs, arrays)) return Py_NewRef(Py_NotImplemented);
    } else if (!widened && !all_converted(given.argument, inputs, arrays))
      kept = made_plain(*door.arguments, given.argument, inputs);
  }
  return answer(door, given.argument, given.option, given.out == Py_None ? nullptr : given.out);
}

PyObject* enter(PyObject* self, PyObject* const* args, std::size_t flags, PyObject* names) {
  const Door& door = *reinterpret_cast<Door*>(self);
  if (!door.wrapped) {
    PyErr_SetString(PyExc_RuntimeError, "a door of mmlcore was called before its function was there");
    return nullptr;
  }
  const Py_ssize_t positional = PyVectorcall_NARGS(flags);
  return guarded([&]() -> PyObject* {
    PyObject* out = nullptr;
    for (const Door* row = &door; row; row = row->next) {
      Given given;
      const bool fits = given.take(*row, args, positional, names);
      out = given.out;
      if (!fits) continue;
      PyObject* found = try_row(*row, given);
      if (found != Py_NotImplemented) return found;
      Py_DECREF(found);
    }
    return general(door, args, positional, names, out);
  });
}

// The arguments of a Python function: those first that it takes by place, then those by name alone.
struct Arguments {
  explicit Arguments(PyObject* function) {
    const py::object code = py::handle(function).attr("__code__");
    by_place = code.attr("co_argcount").cast<std::size_t>();
    any_number = code.attr("co_flags").cast<int>() & 4;  // f(*arguments): CO_VARARGS
    const std::size_t count = by_place + code.attr("co_kwonlyargcount").cast<std::size_t>();
    for (const py::handle name : code.attr("co_varnames")) {
      if (names.size() < count) names.push_back(name.ptr());
    }
  }
  std::vector<PyObject*> names;
  std::size_t by_place;
  bool any_number;
};

void set_places(Door& door, const Arguments& from) {
  const auto unknown = [&](PyObject* name) { return index_of(from.names, name) < 0; };
  if (std::any_of(door.options->begin(), door.options->end(), unknown) ||
      (!from.any_number && std::any_of(door.arguments->begin(), door.arguments->end(), unknown)) ||
      from.by_place > std::size(door.place))
    throw std::logic_error(std::string(door.row->name) + ": the row of the door does not fit its function");
  door.named = !from.any_number;
  door.places = from.any_number ? door.row->signature.inputs : static_cast<int>(from.by_place);
  for (int i = 0; i < door.places; ++i) {
    door.place[i] = i;
    if (from.any_number) continue;
    PyObject* const name = from.names[static_cast<std::size_t>(i)];
    const int argument = index_of(*door.arguments, name), option = index_of(*door.options, name);
    door.place[i] = argument >= 0 ? argument : option >= 0 ? kMostParts + option : kUnknown;
  }
}

// attach(function, results=None): what the door stands for; gives it the function's docstring, names and types.
PyObject* attach(PyObject* self, PyObject* args) {
  PyObject *function, *results = nullptr;
  if (!PyArg_ParseTuple(args, "O|O!", &function, &PyType_Type, &results)) return nullptr;
  Door& door = *reinterpret_cast<Door*>(self);
  return guarded([&]() -> PyObject* {
    for (const char* name : {"__doc__", "__name__", "__qualname__", "__module__", "__annotations__"}) {
      const py::object value = py::handle(function).attr(name);
      if (PyDict_SetItemString(door.dict, name, value.ptr()) != 0) throw py::error_already_set();
    }
    const Arguments arguments(function);
    const bool takes_out = index_of(arguments.names, out_name) >= 0;
    Py_XSETREF(door.wrapped, Py_NewRef(function));
    for (Door* row = &door; row; row = row->next) {
      row->results = reinterpret_cast<PyTypeObject*>(Py_XNewRef(results));
      row->takes_out = takes_out;
      set_places(*row, arguments);
    }
    return Py_NewRef(Py_None);
  });
}

PyObject* bind_to(PyObject* self, PyObject* object, PyObject*) {
  return object ? PyMethod_New(self, object) : Py_NewRef(self);
}

PyObject* reduce(PyObject* self, PyObject*) { return PyObject_GetAttrString(self, "__qualname__"); }

PyObject* show(PyObject* self) {
  const Door& door = *reinterpret_cast<Door*>(self);
  return PyUnicode_FromFormat("<function mmlcore.%s>", door.row->name);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Door, entry), READONLY, nullptr},
    {"__dictoffset__", T_PYSSIZET, offsetof(Door, dict), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Door, weak), READONLY, nullptr},
    {"__wrapped__", T_OBJECT_EX, offsetof(Door, wrapped), READONLY, "The Python function of the same name."},
    {nullptr, 0, 0, 0, nullptr},
};
PyMethodDef type_methods[] = {
    {"attach", attach, METH_VARARGS, "attach($self, function, results=None, /)\n--\n\nSays what the door stands for."},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_members, members},
    {Py_tp_methods, type_methods},
    {Py_tp_getset, attributes},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_descr_get, reinterpret_cast<void*>(bind_to)},
    {Py_tp_repr, reinterpret_cast<void*>(show)},
    {0, nullptr},
};
PyType_Spec spec = {"mmlcore.Door", sizeof(Door), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL, slots};

PyObject* interned(const std::string& text) {
  PyObject* name = PyUnicode_InternFromString(text.c_str());
  if (!name) throw py::error_already_set();
  return name;
}

// Names live as long as their door, and that is for ever.
void set_names(Door& door, const DoorRow& row) {
  door.arguments = new std::vector<PyObject*>;
  door.options = new std::vector<PyObject*>;
  std::istringstream arguments(row.arguments), options(row.options);
  for (std::string word; arguments >> word;) door.arguments->push_back(interned(word));
  for (std::string word; options >> word;) {
    const std::size_t at = door.options->size(), end = word.find('=');
    if (end != std::string::npos) {
      std::string value = word.substr(end + 1);
      const bool absent = value == "None";
      if (absent) value.clear();
      const bool integer = !absent && value.back() == 'i';
      if (integer) value.pop_back();
      door.kind[at] = absent ? Option::none : integer ? Option::integer : Option::number;
      door.defaults[at] = value.empty() ? std::nan("") : std::stod(value);
    }
    door.options->push_back(interned(word.substr(0, end)));
  }
}

}  // namespace

PyTypeObject* door_type() {
  static PyTypeObject* const type = [] {
    out_name = PyUnicode_InternFromString("out");
    return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  }();
  if (!type) throw py::error_already_set();
  return type;
}

void add_doors(py::module_& m, const DoorRow* rows, std::size_t count) {
  PyTypeObject* const type = door_type();
  if (!doors) {
    doors = new py::dict;
    m.def(
        "door", [](const std::string& name) { return py::object((*doors)[name.c_str()]); }, py::arg("name"),
        "The compiled callable of a public function (mmlcore.core.door).");
  }
  for (const DoorRow* row = rows; row != rows + count; ++row) {
    Door* door = PyObject_New(Door, type);
    if (!door) throw py::error_already_set();
    const vectorcallfunc entry = row->traits.entrance ? row->traits.entrance : enter;
    *door = {door->ob_base, PyDict_New(), nullptr, entry, nullptr, nullptr, row, nullptr, nullptr, 0, {},
             true,          false,        {},      {},    nullptr, nullptr};
    set_names(*door, *row);
    if (row->traits.numpy) door->numpy = py::object(py::module_::import("numpy").attr(row->traits.numpy)).release().ptr();
    if (doors->contains(row->name)) {
      auto* last = reinterpret_cast<Door*>(py::object((*doors)[row->name]).ptr());
      while (last->next) last = last->next;
      last->next = door;
      continue;
    }
    (*doors)[row->name] = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(door));
  }
}

}  // namespace mmlcore::bindings
