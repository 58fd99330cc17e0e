"""The front door: plain arrays, all others, `out`, keywords, and what Python expects of a function."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import pydoc
import sys
import threading
import weakref

import numpy as np
import pytest

import mmlcore as mml

PAIRS = ["inner", "distance", "angle", "cosine", "scalar_projection", "vector_projection"]
MATRICES = [
    "inverse",
    "determinant",
    "slogdet",
    "lu",
    "pinv",
    "cholesky",
    "qr",
    "gram_schmidt",
    "trace",
    "matrix_power",
]
STACKED = [
    *PAIRS,
    *MATRICES,
    "cross",
    "length",
    "solve",
    "eigh",
    "eigvalsh",
    "matmul",
    "change_basis",
]
STACKED += ["rotation", "rotation3d", "shear", "reflection", "svd", "svdvals", "condition"]
DATA = ["mean", "mean of rows", "variance", "variance of rows", "covariance", "correlation"]
DOORS = [
    *STACKED,
    *DATA,
    "pairwise_distances",
    "transform_points",
    "affine_mean",
    "affine_covariance",
]
OPTIONS = {"matrix_power": (3,), "mean of rows": (1,), "variance of rows": (-1, 1), "shear": (1,)}
NAMES = sorted({door.split()[0] for door in DOORS})


def taken(name, wrapped=False):
    """A function of arrays alone, options filled in."""
    door = getattr(mml, name.split()[0])
    function = door.__wrapped__ if wrapped else door
    return lambda *arrays, **others: function(*arrays, *OPTIONS.get(name, ()), **others)


def arguments(name, rng, batch=(), n=4, dtype=np.float64):
    """Arguments for a function, well within its domain."""

    def some(*shape):
        return rng.standard_normal(shape).astype(dtype)

    if name in DATA:
        return [some(7, n)]
    if name == "pairwise_distances":
        return [some(7, n), some(3, n)]
    if name == "transform_points":
        return [some(2, n), some(7, n)]
    if name == "affine_mean":
        return [some(n), some(3, n), some(3)]
    if name == "affine_covariance":
        root = some(n, n)
        return [root @ root.T, some(3, n)]
    if name == "rotation3d":
        return [some(*batch, 3), some(*batch)]
    if name in ("rotation", "shear"):
        return [some(*batch)]
    if name in PAIRS or name == "cross":
        n = 3 if name == "cross" else n
        return [some(*batch, n), some(*batch, n)]
    if name in ("length", "reflection"):
        return [some(*batch, n)]
    a = (some(*batch, n, n) + 3 * np.eye(n)).astype(dtype)
    if name == "cholesky":
        a = a @ np.swapaxes(a, -1, -2)
    if name in ("eigh", "eigvalsh"):
        a = a + np.swapaxes(a, -1, -2)
    if name in ("solve", "matmul"):
        return [a, some(*batch, n, 2)]
    if name == "change_basis":
        return [some(*batch, n, n), a]
    return [a]


def parts(result):
    return result if isinstance(result, tuple) else (result,)


def check_same(got, wanted, tol=1e-9):
    assert type(got) is type(wanted)
    for g, w in zip(parts(got), parts(wanted), strict=True):
        assert np.shape(g) == np.shape(w)
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("batch", [(), (1,), (5,), (2, 3), (0,)])
def test_as_the_python_function(name, dtype, batch, rng):
    given = arguments(name, rng, batch, dtype=dtype)
    wanted = taken(name, wrapped=True)(*given)
    check_same(taken(name)(*given), wanted, 1e-9 if dtype == np.float64 else 2e-4)


@pytest.mark.parametrize("name", DOORS)
def test_whatever_is_an_array(name, rng):
    door = taken(name)
    given = arguments(name, rng, (3,))
    wanted = door(*given)
    wide = [np.empty((*x.shape[:-1], 2 * x.shape[-1])) for x in given]
    for w, x in zip(wide, given, strict=True):
        w[..., ::2] = x
    unaligned = [
        np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(x.shape) for x in given
    ]
    for u, x in zip(unaligned, given, strict=True):
        u[...] = x
    kinds = [
        [x.tolist() for x in given],
        [np.asfortranarray(x) for x in given],
        [x[..., ::-1].copy()[..., ::-1] if x.ndim else x for x in given],
        [w[..., ::2] for w in wide],
        [x.astype(">f8") for x in given],
        unaligned,
        [x.view(type("Mine", (np.ndarray,), {})) for x in given],
    ]
    for kind in kinds:
        check_same(door(*kind), wanted)
    single = door(*(x.astype(np.float32) for x in given[:1]), *given[1:])  # mixed types are float64
    assert all(
        part.dtype in (np.float64 if len(given) > 1 else np.float32, np.int64)
        for part in parts(single)
    )
    whole = [np.rint(10 * x).astype(np.int32) for x in given]
    check_same(door(*whole), door(*(x.astype(np.float64) for x in whole)))


@pytest.mark.parametrize("name", [*PAIRS, "solve"])
def test_leading_axes_broadcast(name, rng):
    door = getattr(mml, name)
    a, b = arguments(name, rng, (3,))
    one = door(a[0], b)
    for i in range(3):
        for got, right in zip(parts(one), parts(door(a[0], b[i])), strict=True):
            np.testing.assert_allclose(got[i], right, rtol=1e-12)
    grid = door(a[:, np.newaxis], b)
    assert parts(grid)[0].shape[:2] == (3, 3)
    np.testing.assert_allclose(grid[2, 1], door(a[2], b[1]), rtol=1e-12)


def test_a_right_side_of_one_axis_is_a_vector(rng):
    a, b = rng.standard_normal((5, 4, 4)), rng.standard_normal(4)
    x = mml.solve(a, b)
    assert x.shape == (5, 4)
    np.testing.assert_allclose(np.einsum("bij,bj->bi", a, x), np.broadcast_to(b, (5, 4)), rtol=1e-9)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("batch", [(), (4,)])
def test_out(name, batch, rng):
    door = taken(name)
    given = arguments(name, rng, batch)
    wanted = door(*given)
    several = isinstance(wanted, tuple)
    plain = tuple(np.full(np.shape(w), 99, w.dtype) for w in parts(wanted))
    strided = tuple(np.full((*np.shape(w), 2), 99, w.dtype)[..., 1] for w in parts(wanted))
    for out in (plain, strided):
        for arrays in (given, [x.tolist() for x in given]):
            got = door(*arrays, out=out if several else out[0])
            assert all(g is o for g, o in zip(parts(got), out, strict=True))
            for o, w in zip(out, parts(wanted), strict=True):
                np.testing.assert_allclose(o, w, rtol=1e-9)
                o[...] = 99
    check_same(door(*given, out=None), wanted)


def test_out_may_be_an_argument(rng):
    a, x = rng.standard_normal((2, 3, 3)), rng.standard_normal((2, 3, 3))
    right = mml.solve(a, x)
    assert mml.solve(a, x, out=x) is x
    np.testing.assert_array_equal(x, right)
    v, w = rng.standard_normal((2, 7))
    right = mml.vector_projection(v, w)
    mml.vector_projection(v, w, out=w[::-1])
    np.testing.assert_array_equal(w[::-1], right)


@pytest.mark.parametrize("convert", [np.asarray, np.ndarray.tolist])
def test_an_out_that_does_not_fit(convert, rng):
    x, y = (convert(v) for v in rng.standard_normal((2, 3)))
    with pytest.raises(ValueError, match=r"out: got shape \(2,\), needed \(3,\)\."):
        mml.vector_projection(x, y, out=np.empty(2))
    with pytest.raises(TypeError, match=r"out: got dtype float32, needed float64\."):
        mml.vector_projection(x, y, out=np.empty(3, np.float32))
    with pytest.raises(TypeError, match=r"out: got list, needed an ndarray\."):
        mml.vector_projection(x, y, out=[0, 0, 0])
    fixed = np.empty(3)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match=r"out: is read-only\."):
        mml.vector_projection(x, y, out=fixed)
    same = np.lib.stride_tricks.as_strided(np.zeros(3), (3, 3), (0, 8))
    for call in (mml.matmul, mml.solve, mml.pairwise_distances):
        with pytest.raises(ValueError, match="out: its axis 0 has stride 0"):
            call(convert(np.eye(3)), convert(np.eye(3)), out=same)
    with pytest.raises(TypeError, match="out: needed a tuple of 2 arrays"):
        mml.eigh(convert(np.eye(3)), out=np.empty(3))


def test_arguments_are_those_of_the_function(rng):
    x, y = rng.standard_normal((2, 3))
    right = mml.inner(x, y)
    assert mml.inner(x, y=y) == mml.inner(y=y, x=x) == mml.inner(x, y, metric=None) == right
    assert mml.inner(x, y, metric=np.eye(3)) == pytest.approx(right)
    assert mml.inner(x, y, **{"METRIC".lower(): None}) == right  # a name that is not interned
    for call in (
        lambda: mml.inner(x),
        mml.inner,
        lambda: mml.inner(x, y, x),
        lambda: mml.inner(x, y, x=x),
        lambda: mml.inner(x, y, norm=None),
        lambda: mml.inner(x, y, None),
    ):
        with pytest.raises(TypeError, match=r"inner\(\)"):
            call()


def test_options_that_are_numbers(rng):
    x = rng.standard_normal((9, 3))
    for ddof in (1, 1.0, True, np.float64(1), np.int64(1), np.array(1)):
        np.testing.assert_allclose(
            mml.covariance(x, ddof=ddof), np.cov(x, rowvar=False), rtol=1e-12
        )
        np.testing.assert_allclose(mml.variance(x, ddof=ddof), x.var(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(mml.variance(x, ddof=-1), x.var(axis=0, ddof=-1), rtol=1e-12)
    squares = ((x[:, None] - x) ** 2).sum(-1)
    np.testing.assert_allclose(mml.pairwise_distances(x, x, squared=True), squares, atol=1e-12)
    np.testing.assert_allclose(
        mml.pairwise_distances(x, x, squared=False), squares**0.5, atol=1e-12
    )
    for ddof in (9, 10**400, np.nan):
        with pytest.raises(ValueError, match="ddof: got"):
            mml.covariance(x, ddof=ddof)
    with pytest.raises(TypeError, match="ddof"):
        mml.covariance(x, ddof="1")
    with pytest.raises(TypeError, match="ddof"):
        mml.covariance(x, ddof=None)


def test_options_by_place(rng):
    x = rng.standard_normal((9, 3))
    np.testing.assert_allclose(mml.mean(x, 1), x.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(mml.mean(x, axis=-2), x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(mml.variance(x, -1, 1), x.var(axis=1, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(mml.mean(x, None), x.mean(), rtol=1e-12)
    np.testing.assert_allclose(mml.mean(x[0]), x[0].mean(), rtol=1e-12)
    np.testing.assert_allclose(mml.mean(x[0], -1), x[0].mean(), rtol=1e-12)
    for axis in (2, -3):
        with pytest.raises(ValueError, match=f"axis: got {axis}"):
            mml.mean(x, axis)
    with pytest.raises(TypeError, match=r"mean\(\)"):
        mml.mean(x, 0, axis=0)
    with pytest.raises(TypeError, match=r"mean\(\)"):
        mml.mean(x, 0, None)
    with pytest.raises(TypeError, match="'n'"):
        mml.matrix_power(np.eye(3))
    with pytest.raises(TypeError, match=r"n: got 2\.5"):
        mml.matrix_power(np.eye(3), 2.5)
    np.testing.assert_array_equal(mml.matrix_power(2 * np.eye(2), n=-1), 0.5 * np.eye(2))
    with pytest.raises(OverflowError, match="n: the power 5000"):
        mml.matrix_power(2 * np.eye(2), 5000)


def test_python_numbers_take_the_type_of_arrays(rng):
    axis = rng.standard_normal(3).astype(np.float32)
    for angle in (0.5, 1):
        assert mml.rotation3d(axis, angle).dtype == np.float32
        assert mml.rotation3d(axis.astype(np.float64), angle).dtype == np.float64
    assert mml.rotation(0.5).dtype == mml.rotation(1).dtype == np.float64
    assert mml.rotation(np.float32(0.5)).dtype == np.float32


def test_products_of_vectors_and_of_large_matrices(rng):
    a, b = rng.standard_normal((3, 200, 110)), rng.standard_normal((110, 130))
    x, y = rng.standard_normal(200), rng.standard_normal(110)
    for left, right in (
        (a, b),
        (a[0], b),
        (x, a[0]),
        (x, a),
        (a, y),
        (a[0], y),
        (y, y),
        (a[:, :, :1], b[:1]),
    ):
        np.testing.assert_allclose(
            mml.matmul(left, right), np.matmul(left, right), rtol=1e-9, atol=1e-9
        )
    out = np.empty((200, 130))
    assert mml.matmul(a[0], b, out=out) is out
    np.testing.assert_allclose(out, a[0] @ b, atol=1e-9)
    turned = np.empty((130, 200)).T
    assert mml.matmul(a[0], b, out=turned) is turned
    np.testing.assert_allclose(turned, out, atol=1e-9)
    square = rng.standard_normal((120, 120))
    right = square @ square
    np.testing.assert_allclose(mml.matmul(square, square, out=square), right, atol=1e-9)
    with pytest.raises(ValueError, match=r"out: got shape \(3, 3\), needed \(200, 130\)"):
        mml.matmul(a[0], b, out=np.empty((3, 3)))


def test_bytes_are_summed_exactly():
    x = np.random.default_rng(0).integers(0, 256, (200, 5), dtype=np.uint8)
    np.testing.assert_array_equal(mml.covariance(x), mml.covariance.__wrapped__(x))
    np.testing.assert_array_equal(mml.covariance(x > 99), mml.covariance.__wrapped__(x > 99))


def test_errors_name_what_came(rng):
    x = rng.standard_normal(3)
    with pytest.raises(ValueError, match=r"y: got shape \(2,\), needed \(\.\.\., 3\)"):
        mml.inner(x, x[:2])
    with pytest.raises(ValueError, match="y: contains a zero vector"):
        mml.cosine(x, 0 * x)
    with pytest.raises(ValueError, match="contains NaN"):
        mml.angle(x, np.nan * x)
    with pytest.raises(np.linalg.LinAlgError, match="at least 2 axes"):
        mml.determinant(x)
    with pytest.raises(TypeError, match="complex"):
        mml.length(1j * x)
    with pytest.raises(mml.SingularMatrixError, match="matrix 1 of the batch"):
        mml.solve(np.stack([np.eye(3), np.zeros((3, 3))]), x)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_function_to_python(name):
    door = getattr(mml, name)
    function = door.__wrapped__
    assert inspect.signature(door) == inspect.signature(function)
    assert inspect.isroutine(door)
    assert (door.__name__, door.__doc__) == (name, function.__doc__)
    assert door.__module__ == function.__module__
    assert f"{name}(" in pydoc.render_doc(door)
    assert pickle.loads(pickle.dumps(door)) is door
    assert copy.deepcopy(door) is door
    assert weakref.ref(door)() is door
    assert {door: 1}[door] == 1
    assert functools.wraps(door)(lambda: 0).__name__ == name
    assert name in repr(door)


def test_a_method_of_a_class():
    class Vector(list):
        length = mml.length

    assert Vector([3.0, 4.0]).length() == 5.0


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="counts references")
@pytest.mark.parametrize("name", DOORS)
def test_nothing_is_kept(name, rng):
    door = taken(name)
    given = arguments(name, rng)
    lists = [x.tolist() for x in given]
    out = tuple(np.empty(np.shape(p), p.dtype) for p in parts(door(*given)))
    out = out if len(out) > 1 else out[0]
    watched = [*given, *parts(out), *lists, None, NotImplemented]

    def grown():
        before = [sys.getrefcount(x) for x in watched]
        for _ in range(50):
            door(*given)
            door(*given, out=out)
            door(*lists)
            door(*lists, out=out)
            with pytest.raises((ValueError, TypeError)):
                door(*lists, out=[])
        return max(abs(sys.getrefcount(x) - b) for x, b in zip(watched, before, strict=True))

    # What others do meanwhile, in threads of the test's own process, counts references to None as well.
    assert any(grown() < 20 for _ in range(3))


def test_many_threads(rng):
    a, b = rng.standard_normal((50, 6, 6)), rng.standard_normal((50, 6, 1))
    right = mml.solve(a, b)
    wrong = []

    def work():
        for _ in range(200):
            if not np.array_equal(mml.solve(a, b), right):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
