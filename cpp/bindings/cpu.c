/* mmlcore._cpu: which instruction level the processor supports. Plain C at the compiler's baseline, because it runs
 * before any kernel module is chosen. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "../include/mmlcore/core/cpu_level.h"

static PyObject* level(PyObject* self, PyObject* args) {
  (void)self;
  (void)args;
  return PyLong_FromLong(mmlcore_cpu_level());
}

/* The kernels keep objects of the interpreter that loads them, and pybind11's and numpy's modules do so too. */
static int exec(PyObject* module) {
  (void)module;
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return 0;
  PyErr_SetString(PyExc_ImportError,
                  "mmlcore runs in the main interpreter only, and this is another one (a sub-interpreter); use threads or "
                  "processes.");
  return -1;
}

static PyMethodDef methods[] = {
    {"level", level, METH_NOARGS, "level($module, /)\n--\n\nHighest x86-64 level supported: 2, 3 or 4; 0 elsewhere."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void*)exec},
#ifdef Py_mod_gil
                                   {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
                                   {0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_cpu", "The processor's instruction level.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__cpu(void) { return PyModuleDef_Init(&module); }
