"""mmlcore.linalg beside numpy.linalg: types, shapes, classes of results and errors are numpy's for all that may come."""

from __future__ import annotations

import inspect
import itertools
import pickle
import warnings

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import linalg

NEW = hasattr(np.linalg, "vecdot")  # numpy 2
THEIRS = [name for name in linalg.__all__ if hasattr(np.linalg, name)]

# One call each, of matrices a (..., n, n) that are well conditioned and symmetric positive definite, b (..., n) and c (..., n, 2).
SQUARE = {
    "solve": lambda l, a, c: l.solve(a, c),
    "solve vector": lambda l, a, c: l.solve(a, c.reshape(-1)[: a.shape[-1]]),
    "inv": lambda l, a, c: l.inv(a),
    "det": lambda l, a, c: l.det(a),
    "slogdet": lambda l, a, c: l.slogdet(a),
    "cholesky": lambda l, a, c: l.cholesky(a),
    "eigvals": lambda l, a, c: np.sort(l.eigvals(a)),
    "eigvalsh": lambda l, a, c: l.eigvalsh(a),
    "eigvalsh U": lambda l, a, c: l.eigvalsh(a, "U"),
    "eigh values": lambda l, a, c: l.eigh(a).eigenvalues,
    "eigh again": lambda l, a, c: _again(a, *l.eigh(a, UPLO="U")),
    "eig again": lambda l, a, c: _again_general(a, *l.eig(a)),
    "matrix_power 3": lambda l, a, c: l.matrix_power(a, 3),
    "matrix_power 0": lambda l, a, c: l.matrix_power(a, 0),
    "matrix_power -2": lambda l, a, c: l.matrix_power(a, -2),
    "cond 1": lambda l, a, c: l.cond(a, 1),
    "cond fro": lambda l, a, c: l.cond(a, "fro"),
    "cond inf": lambda l, a, c: l.cond(a, np.inf),
    "tensorinv": lambda l, a, c: l.tensorinv(a, 1) if a.ndim == 2 else 0,
    "tensorsolve": lambda l, a, c: l.tensorsolve(a, c[..., 0]) if a.ndim == 2 else 0,
}
ANY = {
    "svd values": lambda l, a: l.svd(a).S,
    "svd again": lambda l, a: _product(l.svd(a, full_matrices=False)),
    "svd full again": lambda l, a: _product(l.svd(a)),
    "svd compute_uv": lambda l, a: l.svd(a, compute_uv=False),
    "svd hermitian": lambda l, a: l.svd(a @ a.swapaxes(-1, -2).conj(), hermitian=True).S,
    "qr again": lambda l, a: np.matmul(*l.qr(a)),
    "qr complete": lambda l, a: np.matmul(*l.qr(a, mode="complete")),
    "qr r": lambda l, a: _squares(l.qr(a, mode="r")),
    "qr raw": lambda l, a: l.qr(a, mode="raw"),
    "pinv": lambda l, a: l.pinv(a),
    "pinv rcond": lambda l, a: l.pinv(a, 0.01),
    "pinv rcond array": lambda l, a: l.pinv(a, np.full(a.shape[:-2], 1e-6)),
    "matrix_rank": lambda l, a: l.matrix_rank(a),
    "matrix_rank tol": lambda l, a: l.matrix_rank(a, 1e-3),
    "cond": lambda l, a: l.cond(a),
    "cond -2": lambda l, a: l.cond(a, -2),
    "norm": lambda l, a: l.norm(a),
    "norm keepdims": lambda l, a: l.norm(a, keepdims=True),
    "norm axis 0": lambda l, a: l.norm(a, axis=0),
    "norm axis -1": lambda l, a: l.norm(a, axis=-1),
    "norm axis 1": lambda l, a: l.norm(a, axis=1),
    "norm 3 axis": lambda l, a: l.norm(a, 3, axis=-1),
    "norm 0 axis": lambda l, a: l.norm(a, 0, axis=-1),
    "norm -inf axis": lambda l, a: l.norm(a, -np.inf, axis=-1),
    "norm 1 axis": lambda l, a: l.norm(a, 1, axis=-1),
    "norm inf axis": lambda l, a: l.norm(a, np.inf, axis=0),
    "norm axes": lambda l, a: l.norm(a, axis=(0, 1)),
    "multi_dot": lambda l, a: _chain(l, a) if a.ndim == 2 else 0,
    "lstsq": lambda l, a: l.lstsq(a, a[..., :, 0], rcond=None) if a.ndim == 2 else 0,
    "lstsq matrix": lambda l, a: l.lstsq(a, a + 1, rcond=1e-8) if a.ndim == 2 else 0,
} | {
    f"norm {kind}": lambda l, a, kind=kind: l.norm(a, kind, axis=(-2, -1))
    for kind in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
}
LATER = {  # than numpy 1
    "svdvals": lambda l, a: l.svdvals(a),
    "pinv rtol": lambda l, a: l.pinv(a, rtol=0.01),
    "pinv rtol None": lambda l, a: l.pinv(a, rtol=None),
    "matrix_rank rtol": lambda l, a: l.matrix_rank(a, rtol=1e-3),
    "matmul": lambda l, a: l.matmul(a, a.swapaxes(-1, -2)),
    "matmul vector": lambda l, a: l.matmul(a, a[..., 0, :].reshape(-1)[: a.shape[-1]]),
    "vecdot": lambda l, a: l.vecdot(a, a),
    "vecdot axis": lambda l, a: l.vecdot(a, a, axis=0),
    "outer": lambda l, a: l.outer(a.reshape(-1), a.reshape(-1)[:3]),
    "tensordot": lambda l, a: l.tensordot(a, a, axes=a.ndim),
    "tensordot 1": lambda l, a: l.tensordot(a, a.swapaxes(0, -1), axes=1),
    "tensordot axes": lambda l, a: l.tensordot(a, a, axes=([0], [0])),
    "trace": lambda l, a: l.trace(a),
    "trace offset": lambda l, a: l.trace(a, offset=1),
    "diagonal": lambda l, a: l.diagonal(a, offset=-1),
    "matrix_transpose": lambda l, a: l.matrix_transpose(a),
    "matrix_norm": lambda l, a: l.matrix_norm(a),
    "matrix_norm keepdims": lambda l, a: l.matrix_norm(a, ord=1, keepdims=True),
    "vector_norm": lambda l, a: l.vector_norm(a),
    "vector_norm axis": lambda l, a: l.vector_norm(a, axis=-1),
    "vector_norm axes": lambda l, a: l.vector_norm(a, axis=(0, 1), keepdims=True),
    "vector_norm 1": lambda l, a: l.vector_norm(a, ord=1),
    "vector_norm 3": lambda l, a: l.vector_norm(a, ord=3),
    "cross": lambda l, a: l.cross(a[..., :3], a[..., :3][..., ::-1]),
}
if not NEW:  # where an older numpy does what numpy 2 mended, ours does as numpy 2
    for name in ("cond 1", "cond fro", "cond inf", "solve vector"):
        SQUARE.pop(name)
    for name in ("cond", "matrix_rank", "norm inf axis", "norm 1", "norm inf"):
        ANY.pop(name)
TYPES = ["?", "b", "i4", "i8", "u8", "f4", "f8", ">f8", "c8", "c16", ">c16"]


def _again(a, values, vectors):
    return vectors * values[..., np.newaxis, :] @ vectors.conj().swapaxes(-1, -2)


def _again_general(a, values, vectors):
    return (vectors * values[..., np.newaxis, :] @ np.linalg.inv(vectors)).real


def _product(factors):
    u, s, vh = factors
    p = s.shape[-1]
    return u[..., :p] * s[..., np.newaxis, :] @ vh[..., :p, :]


def _squares(r):
    """Return R'R, which is the same where columns depend on each other and R is not, and zeros of R's shape."""
    return r.swapaxes(-1, -2).conj() @ r, np.zeros_like(r)


def _chain(l, a):
    b = a.T.copy()
    return (
        l.multi_dot([a, b]),
        l.multi_dot([a, b, a]),
        l.multi_dot([a, b, a, b, a]),
        l.multi_dot([a[0], b, a[:, 0]]),
    )


def outcome(call, *arguments):
    """Return the result, or the error, of a call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(*arguments)
        except Exception as error:  # noqa: BLE001
            return error


def same(ours, theirs, case):
    """Assert the same value to rounding, and exactly the same class, dtype and shape."""
    assert type(ours) is type(theirs), (case, ours, theirs)
    if isinstance(theirs, Exception):
        assert str(ours) == str(theirs), case
    elif isinstance(theirs, tuple):
        assert len(ours) == len(theirs), case
        for x, y in zip(ours, theirs, strict=True):
            same(x, y, case)
    else:
        x, y = np.asarray(ours), np.asarray(theirs)
        assert x.dtype == y.dtype, case
        assert x.shape == y.shape, case
        if (
            case.startswith("cond") and x.size
        ):  # those that are rounding alone are as good as infinite
            x, y = np.minimum(x, 1e13), np.minimum(y, 1e13)
        tol = 1e-4 if x.dtype.char in "fF" else 1e-9
        np.testing.assert_allclose(x, y, rtol=tol, atol=tol, err_msg=case)


def example(rng, shape, dtype):
    """Return matrices of whole numbers that the dtype holds; symmetric and positive definite if square."""
    a = rng.integers(0, 2 if dtype == "?" else 4, shape).astype(float)
    if shape[-1] == shape[-2]:
        a = np.triu(a, 1)
        a += a.swapaxes(-1, -2) + 9 * max(shape[-1], 1) * np.eye(shape[-1])
        if dtype == "?":
            return np.broadcast_to(np.eye(shape[-1], dtype=bool), shape).copy()
        if dtype == "b":
            a = np.minimum(a, 120)
    if np.dtype(dtype).kind == "c" and shape[-1] != shape[-2]:
        a = a + 1j * rng.integers(0, 4, shape)
    return a.astype(dtype)


SHAPES = [
    (1, 1),
    (3, 3),
    (10, 10),
    (5, 3, 3),
    (2, 2, 4, 4),
    (2, 3, 20, 20),
    (0, 0),
    (0, 3, 3),
    (2, 0, 0),
]
OBLONG = [(4, 3), (3, 8), (2, 5, 3), (3, 0), (0, 4)]


@pytest.mark.parametrize("call", SQUARE)
def test_square(call, rng):
    f = SQUARE[call]
    for shape, dtype in itertools.product(SHAPES, TYPES):
        a = example(rng, shape, dtype)
        c = rng.integers(0, 2, (*shape[:-1], 2)).astype(dtype)
        same(outcome(f, linalg, a, c), outcome(f, np.linalg, a, c), f"{call}, {shape}, {dtype}")


@pytest.mark.parametrize("call", [*ANY, *(LATER if NEW else ())])
def test_any(call, rng):
    f = ANY.get(call) or LATER[call]
    for shape, dtype in itertools.product([*SHAPES, *OBLONG], TYPES):
        a = example(rng, shape, dtype)
        same(outcome(f, linalg, a), outcome(f, np.linalg, a), f"{call}, {shape}, {dtype}")


def test_the_names_are_numpys():
    if NEW:
        assert set(linalg.__all__) == set(np.linalg._linalg.__all__)
    assert linalg.LinAlgError is np.linalg.LinAlgError
    assert linalg._umath_linalg is np.linalg._umath_linalg  # what is not ours is numpy's
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = linalg.nothing


@pytest.mark.skipif(not NEW, reason="older signatures")
@pytest.mark.parametrize("name", sorted(set(THEIRS) - {"LinAlgError"}))
def test_the_signatures_are_numpys(name):
    ours, theirs = (inspect.signature(getattr(l, name)).parameters for l in (linalg, np.linalg))
    assert list(ours) == list(theirs)
    for parameter, other in zip(ours.values(), theirs.values(), strict=True):
        assert parameter.kind == other.kind
        assert parameter.default is other.default or parameter.default == other.default


REFUSED = {
    "solve": [
        (np.eye(2), np.ones(3)),
        (np.ones((2, 3)), np.ones(2)),
        (np.ones((2, 2)), np.ones(2)),
        (np.ones(3), np.ones(3)),
    ],
    "inv": [
        (np.ones((2, 2)),),
        (np.ones((3, 2, 2)),),
        (np.ones((2, 3)),),
        (np.ones(3),),
        (np.eye(2, dtype="f2"),),
        ("abc",),
        (3.0,),
    ],
    "det": [(np.ones((2, 3)),), (np.ones(3),), (np.eye(2, dtype="g"),), (np.array([[1, None]]),)],
    "slogdet": [(np.ones((2, 3)),), (np.ones(3),)],
    "cholesky": [
        (-np.eye(2),),
        (np.stack([np.eye(3), -np.eye(3)]),),
        (np.ones((2, 3)),),
        (np.ones(3),),
    ],
    "eig": [(np.full((2, 2), np.nan),), (np.ones((2, 3)),), (np.ones(3),)],
    "eigvals": [(np.full((2, 2), np.inf),), (np.ones((2, 3)),)],
    "eigh": [(np.eye(2), "X"), (np.ones((2, 3)),), (np.ones(2),), (np.eye(2), 3)],
    "eigvalsh": [(np.eye(2), "lower"), (np.ones((2, 3)),), (np.ones(2),)],
    "svd": [(np.ones(3),), (np.full((2, 2), np.nan),)],
    "qr": [(np.ones(3),), (np.eye(2), "nothing")],
    "lstsq": [
        (np.eye(2), np.ones(3)),
        (np.ones((2, 2, 2)), np.ones(2)),
        (np.full((3, 2), np.nan), np.ones(3)),
    ],
    "pinv": [(np.ones(3),), (np.full((2, 2), np.nan),)],
    "norm": [
        (np.eye(2), 3),
        (np.eye(2), "x"),
        (np.ones((2, 2, 2)), 2),
        (np.ones(2), None, 1),
        (np.ones((2, 2)), 2, (0, 0)),
        (np.ones(2), "fro"),
    ],
    "cond": [(np.ones((0, 0)),), (np.ones((2, 3)), 1), (np.ones(3),)],
    "matrix_power": [(np.ones((2, 2)), -1), (np.eye(2), 1.5), (np.ones((2, 3)), 2)],
    "multi_dot": [
        ([np.eye(2)],),
        ([np.eye(2), np.eye(3), np.eye(2)],),
        ([np.ones((2, 2, 2))] * 3,),
    ],
    "matmul": [(np.eye(2), np.ones(3)), (np.float64(1), np.eye(2))],
    "vecdot": [(np.ones(2), np.ones(3)), (np.ones(2), np.float64(1))],
    "cross": [(np.ones(2), np.ones(2)), (np.ones(3), np.ones((2, 2)))],
    "outer": [(np.eye(2), np.ones(2))],
    "tensordot": [(np.eye(2), np.ones(3))],
    "tensorsolve": [(np.eye(2), np.ones(3)), (np.ones((2, 2)), np.ones(2))],
    "tensorinv": [(np.eye(2), 0), (np.ones((4, 2, 3)), 1)],
    "trace": [(np.ones(3),)],
    "diagonal": [(np.ones(3),)],
    "matrix_transpose": [(np.ones(3),)],
    "matrix_norm": [(np.ones(3),)],
}


@pytest.mark.parametrize("name", [name for name in REFUSED if name in THEIRS])
def test_errors_are_numpys(name):
    for arguments in REFUSED[name]:
        ours = outcome(getattr(linalg, name), *arguments)
        theirs = outcome(getattr(np.linalg, name), *arguments)
        same(ours, theirs, f"{name}{arguments}")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_goes_numpys_way(bad, rng):
    a = rng.standard_normal((4, 3, 3))
    a[2, 1, 1] = bad
    for name, f in {**ANY, **SQUARE}.items():
        # numpy's pseudo-inverse of infinity is zero, or does not end (test_infinite.py)
        if "again" not in name and not (bad == np.inf and name.startswith("pinv")):
            arguments = (a,) if name in ANY else (a, a[..., :2])
            same(outcome(f, linalg, *arguments), outcome(f, np.linalg, *arguments), name)


def test_norms_of_other_byte_orders_and_odd_axes():
    for dtype in (">f4", ">f8", ">c8"):
        a = np.arange(9.0).reshape(3, 3).astype(dtype)
        for arguments in ((), (2,), ("fro",), (1,), (None, 0), (None, -1), ("nuc",)):
            same(linalg.norm(a, *arguments), np.linalg.norm(a, *arguments), f"{dtype}{arguments}")
    a = np.arange(9.0).reshape(3, 3)
    for axis in (np.int64(0), (0,), [0], 1.0, "a", 5, (0, 0), (0, 1, 2), np.array([0, 1])):
        for kind in (None, 2, 1, "x"):
            ours, theirs = (outcome(l.norm, a, kind, axis) for l in (linalg, np.linalg))
            same(ours, theirs, f"{axis}, {kind}")


def test_single_precision_is_rounded_once(rng):
    """numpy.linalg computes float32 in double precision, and so does this module."""
    a = (1 / (np.arange(6)[:, None] + np.arange(6) + 1.0)).astype("f")
    exact = np.linalg.inv(a.astype("d"))
    np.testing.assert_allclose(linalg.inv(a), exact, rtol=1e-6)
    np.testing.assert_allclose(linalg.solve(a, a[:, 0]), np.eye(6)[0], atol=1e-7)
    assert linalg.inv(a).dtype == np.float32


def test_lengths_beyond_the_range():
    assert linalg.norm(np.array([3e200, 4e200])) == pytest.approx(5e200)


@pytest.mark.parametrize("f", ["inv", "det", "eigvals", "svd", "norm", "pinv", "cholesky", "qr"])
def test_subclasses_and_lists(f):
    a = [[4.0, 1.0], [1.0, 3.0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        given = [
            a,
            np.matrix(a),
            np.ma.masked_array(a, mask=[[0, 1], [0, 0]]),
            np.array(a, object),
            tuple(map(tuple, a)),
        ]
    for x in given:
        ours, theirs = outcome(getattr(linalg, f), x), outcome(getattr(np.linalg, f), x)
        assert type(ours) is type(theirs)
        if isinstance(theirs, tuple):
            assert list(map(type, ours)) == list(map(type, theirs))


def test_arguments_are_left_alone_and_results_are_new(rng):
    a = rng.standard_normal((5, 5))
    a = a @ a.T
    a.flags.writeable = False
    for f in SQUARE.values():
        f(linalg, a, a[:, :2])
    for f in ANY.values():
        f(linalg, a)
    assert linalg.matrix_power(a, 0).flags.writeable


def test_eigenvalues_are_complex_where_numpys_are(monkeypatch, rng):
    a = rng.standard_normal((3, 4, 4))
    a += a.swapaxes(-1, -2)
    real = linalg.eig(a)
    monkeypatch.setattr("mmlcore.linalg._spectra.ALWAYS_COMPLEX", True)
    for single in (False, True):
        given = a.astype("f") if single else a
        found, values = linalg.eig(given), linalg.eigvals(given)
        kind = np.complex64 if single else np.complex128
        assert [x.dtype for x in (*found, values)] == [kind] * 3
        tol = 1e-4 if single else 1e-12
        np.testing.assert_allclose(found.eigenvalues.real, real.eigenvalues.real, atol=tol)


def test_results_are_pickled():
    found = linalg.eigh(np.eye(2))
    assert type(pickle.loads(pickle.dumps(found))) is type(found)


def test_traced_functions_use_it_too():
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    b = np.array([1.0, 2.0])
    f = lambda x: linalg.norm(linalg.solve(x * a, b))
    assert mml.derivative(f, 2.0) == pytest.approx(-np.linalg.norm(np.linalg.solve(a, b)) / 4)


def test_chains_of_matrices_go_the_cheapest_way(rng):
    sizes = [30, 35, 15, 5, 10, 20, 25]
    chain = [rng.standard_normal((m, n)) for m, n in itertools.pairwise(sizes)]
    np.testing.assert_allclose(
        linalg.multi_dot(chain), np.linalg.multi_dot(chain), rtol=1e-10, atol=1e-10
    )
