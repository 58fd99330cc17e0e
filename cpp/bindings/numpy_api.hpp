// numpy's C API, as its headers document it, for all files of the bindings: the table of functions is filled once
// (module.cpp). Built against any numpy from 2.0 on, it runs with every numpy from 1.25 on.
#pragma once

#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL mmlcore_numpy_api
#ifndef MMLCORE_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif

#include <Python.h>
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
