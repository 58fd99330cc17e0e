"""numpy's own tests of numpy.linalg, run with mmlcore.linalg in its place.

The tests are the files of the installed numpy, executed with nothing but the module replaced.
"""

from __future__ import annotations

import sys
import types
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import mmlcore.linalg as linalg

if not hasattr(np.linalg, "vecdot"):
    pytest.skip("the tests of numpy 2", allow_module_level=True)

# The first two ask for LAPACK's own functions in `numpy.linalg.lapack_lite`; the third multiplies 200 times by numpy's `@`.
LEFT_OUT = {"test_blas64_geqrf_lwork_smoketest", "test_xerbla_override"}
LEFT_OUT_OF_A_CLASS = {"TestRegression": "test_openblas_threading"}


def replaced(name: str) -> types.ModuleType:
    """Execute a file of numpy's tests in a module in which `linalg`, wherever it comes from, is ours."""
    spec = find_spec(f"numpy.linalg.tests.{name}")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    module = types.ModuleType(f"numpy_{name}")
    module.__file__ = spec.origin
    numpy = types.ModuleType("numpy")
    numpy.__dict__.update(vars(np), __getattr__=lambda name: getattr(np, name), linalg=linalg)
    before = {key: sys.modules[key] for key in ("numpy", "numpy.linalg")}
    sys.modules[module.__name__] = module
    try:
        sys.modules.update({"numpy": numpy, "numpy.linalg": linalg})
        exec(compile(source, spec.origin, "exec"), vars(module))  # noqa: S102
    finally:
        sys.modules.update(before)
    for key in vars(numpy).keys() - vars(np).keys():  # parts of numpy that were imported on the way
        if isinstance(vars(numpy)[key], types.ModuleType):
            setattr(np, key, vars(numpy)[key])
    return module


COUNTS = {}
for file in ("test_linalg", "test_regression", "test_deprecations"):
    tests = {k: v for k, v in vars(replaced(file)).items() if k.startswith(("Test", "test"))}
    COUNTS[file] = len(tests)
    for name in LEFT_OUT_OF_A_CLASS.keys() & tests.keys():
        delattr(tests[name], LEFT_OUT_OF_A_CLASS[name])
    globals().update({k: v for k, v in tests.items() if k not in LEFT_OUT})


def test_it_is_our_module_that_is_tested():
    assert COUNTS["test_linalg"] > 30
    assert linalg.__name__ == "mmlcore.linalg"
    assert vars(replaced("test_linalg"))["linalg"] is linalg
