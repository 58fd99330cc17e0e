// One call of a door: arguments to views, results to arrays.
#pragma once

#include <vector>

#include "door.hpp"

namespace mmlcore::bindings {

inline constexpr int kUnknown = -1;  // a name that a row does not have

enum class Option : char { none, number, integer };  // what the value of an option may be, beside the function's own

struct Door {
  PyObject_HEAD PyObject* dict;
  PyObject* weak;
  vectorcallfunc entry;
  PyObject* wrapped;      // the Python function it stands for
  PyTypeObject* results;  // the named tuple of several results
  const DoorRow* row;
  std::vector<PyObject*>* arguments;  // names, interned
  std::vector<PyObject*>* options;
  // What the Python function takes by place: an argument, kMostParts + an option, or what this row has no name for.
  int places;
  int place[kMostParts + kMostOptions];
  bool named;      // whether arguments may be given by name
  bool takes_out;  // whether the Python function has `out`
  Option kind[kMostOptions];
  double defaults[kMostOptions];
  PyObject* numpy;  // the function of numpy that some calls are left to
  Door* next;       // a row of the same name, for calls that this one does not take
};

// The type of the objects that doors are.
PyTypeObject* door_type();

// The type number of an array that kernels read as it is, of real numbers or `complex` ones; -1 for everything else.
int plain_type(PyObject* object, bool complex = false);

// The answer to a call whose arguments and options are all there; a new reference to NotImplemented where the Python
// function has to see to it. `out` may be null.
PyObject* answer(const Door& door, PyObject* const* given, const double* options, PyObject* out);

}  // namespace mmlcore::bindings
