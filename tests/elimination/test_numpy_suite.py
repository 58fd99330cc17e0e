"""numpy's own tests of numpy.linalg, run on our functions under numpy's names.

What numpy's interface has and ours does not is adapted here: names of results, their complex type, `UPLO`, the modes of `qr`, the matrix
subclass. Complex QR, modes other than 'reduced' and 'r', and powers of integers stay with numpy.
"""

from __future__ import annotations

import types
from typing import NamedTuple

import numpy as np
import numpy.linalg.tests.test_linalg as suite
import pytest

import mmlcore as mml


class Pairs(NamedTuple):
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray


def keeps_subclass(function):
    """numpy.linalg gives a subclass of arrays for one."""

    def call(a, *rest):
        return as_given(function(a, *rest), a)

    return call


def as_given(result, a):
    return result.view(type(a)) if isinstance(a, np.ndarray) else result


# From numpy 2.5 on eigenvalues of general matrices are complex throughout; ours are where one of them is.
ALWAYS_COMPLEX = np.linalg.eigvals(np.eye(1)).dtype.kind == "c"


def complex_as_numpy(x):
    return x.astype(np.result_type(x, np.complex64)) if ALWAYS_COMPLEX else x


def eigvals(a):
    return complex_as_numpy(mml.eigvals(a))


def eig(a):
    return tuple(map(complex_as_numpy, mml.eig(a)))


def pairs(function):
    def call(a, UPLO="L"):
        if UPLO not in ("L", "l", "U", "u"):
            msg = "UPLO argument must be 'L' or 'U'"
            raise ValueError(msg)
        b = a if UPLO in "Ll" else np.conj(np.swapaxes(a, -1, -2))
        values, vectors = function(b)
        return Pairs(values, as_given(vectors, a))

    return call


def qr(a, mode="reduced"):
    if mode not in ("reduced", "r") or np.iscomplexobj(a):
        return np.linalg.qr(a, mode)
    result = mml.qr(a)
    if mode == "r":
        return as_given(result.R, a)
    return type(result)(*(as_given(x, a) for x in result))


def solve(a, b):
    return as_given(as_given(mml.solve(a, b), a), b)


def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    if np.ndim(A) < 2:
        return int(np.any(A))
    if tol is not None or hermitian or np.iscomplexobj(A):
        return np.linalg.matrix_rank(A, tol, hermitian, rtol=rtol)
    return mml.rank(A, rtol=rtol)


def matrix_power(a, n):
    if np.asarray(a).dtype.char not in "fdFD":  # powers of integers and objects are numpy's own
        return np.linalg.matrix_power(a, n)
    return as_given(mml.matrix_power(a, n), a)


OURS = {
    "solve": solve,
    "inv": keeps_subclass(mml.inverse),
    "det": mml.determinant,
    "slogdet": mml.slogdet,
    "eigvals": eigvals,
    "eig": pairs(eig),
    "eigh": pairs(mml.eigh),
    "qr": qr,
    "matrix_power": matrix_power,
    "matrix_rank": matrix_rank,
}


@pytest.fixture(autouse=True)
def _our_functions(monkeypatch):
    theirs = {name: getattr(np.linalg, name) for name in dir(np.linalg)}
    monkeypatch.setattr(suite, "linalg", types.SimpleNamespace(**{**theirs, **OURS}))
    monkeypatch.setattr(suite, "matrix_power", OURS["matrix_power"])
    monkeypatch.setattr(suite, "matrix_rank", OURS["matrix_rank"])


class TestSolve(suite.TestSolve):
    pass


class TestInverse(suite.TestInv):
    pass


class TestDeterminant(suite.TestDet):
    pass


class TestEigvals(suite.TestEigvals):
    pass


class TestEig(suite.TestEig):
    pass


class TestEighCases(suite.TestEighCases):
    pass


class TestEigh(suite.TestEigh):
    pass


class TestMatrixPower(suite.TestMatrixPower):
    pass


class TestMatrixRank(suite.TestMatrixRank):
    pass


class TestQR(suite.TestQR):
    pass
