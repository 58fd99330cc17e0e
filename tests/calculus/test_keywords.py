"""Keywords of numpy's functions in traced functions: as numpy has them, or a TraceError; and the table of what is traced."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.calculus._functions import JOINS, MOVES, OF_ARRAYS
from mmlcore.calculus._products import PRODUCTS
from mmlcore.calculus._reductions import ACCUMULATIONS, REDUCTIONS
from mmlcore.calculus._replacements import _MODULES, BUILTINS
from mmlcore.calculus._ufuncs import FUNCTIONS

M = np.array([[0.5, 2.0, 1.5], [1.0, 3.0, 0.25]])
RESULT = object()
# For each keyword values that differ from the default; what numpy refuses is skipped.
VALUES = {
    "axis": [0, 1, -1, (0, 1)],
    "keepdims": [True],
    "where": [np.array([True, False, True])],
    "initial": [5.0],
    "ddof": [1],
    "correction": [1],
    "mean": [np.full((1, 3), 0.5)],
    "dtype": [np.float64, np.float32, np.int64],
    "out": [RESULT],
    "n": [2],
    "prepend": [0.0, np.zeros((2, 1))],
    "append": [1.0],
    "weights": [np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0]), M],
    "returned": [True],
    "offset": [1],
    "axis1": [1],
    "axis2": [0],
    "a_min": [0.75],
    "a_max": [1.25],
    "min": [0.75],
    "max": [1.25],
    "order": ["F"],
    "shape": [(3, 2)],
    "ord": [1, 2, np.inf, "fro"],
    "casting": ["unsafe"],
    "k": [1],
    "repeats": [2],
    "mode": ["wrap"],
    "shift": [1],
}


def check(function, *arguments, **options):
    """What is traced is what numpy gives, with the same derivative as by differences; else it is a TraceError."""
    try:
        if options.get("out") is RESULT:
            options["out"] = np.asarray(function(*arguments)).copy()
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = function(*arguments, **options)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, np.exceptions.AxisError):
        return False
    first, *rest = arguments
    body = lambda x: function(x, *rest, **options)
    try:
        traced = mml.Function(body, np.shape(first))
    except mml.TraceError:
        return False
    if isinstance(expected, tuple):
        return True
    np.testing.assert_allclose(traced(first), np.asarray(expected, float), rtol=1e-13)
    return True


@pytest.mark.parametrize(
    "name",
    sorted({*OF_ARRAYS, *MOVES} - {"shape", "ndim", "size", "empty_like", "sliding_window_view"}),
)
def test_every_keyword_is_numpys_or_refused(name):
    function = getattr(np, name, None) or getattr(np.linalg, name)
    try:
        keywords = [k for k in inspect.signature(function).parameters if k in VALUES]
    except ValueError:
        keywords = ["axis"]
    for keyword in keywords:
        for value in VALUES[keyword]:
            check(function, M, **{keyword: value})
            for axis in (0, 1):
                if keyword != "axis":
                    check(function, M, **{"axis": axis, keyword: value})
            check(function, M, **{keyword: value, "where": M > 0.6})


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, where=M > 1),
        lambda x: np.sum(x, axis=0, initial=3.0),
        lambda x: np.prod(x, axis=1, initial=2.0, where=M > 0.3),
        lambda x: np.max(x, initial=2.5, axis=0),
        lambda x: np.min(x, initial=0.1, where=M > 0.4),
        lambda x: np.mean(x, axis=1, where=M > 0.5),
        lambda x: np.mean(x, where=x > 0.5),
        lambda x: np.var(x, axis=0, ddof=1),
        lambda x: np.std(x, axis=1, where=M > 0.3, keepdims=True),
        lambda x: np.any(x > 2, axis=0) + 0.0,
        lambda x: np.all([2.0, 3.0] * x[:, :2]) + 0.0,
        lambda x: np.diff(x, prepend=0.0),
        lambda x: np.diff(x, axis=0, append=[[1.0, 2.0, 3.0]], n=2),
        lambda x: np.average(x, axis=1, weights=[1.0, 2.0, 3.0]),
        lambda x: np.average(x, axis=0, weights=[1.0, 3.0], keepdims=True),
        lambda x: np.average(x, axis=0, returned=True)[1],
        np.cumsum,
        lambda x: np.cumprod(x, axis=0),
        lambda x: np.add.accumulate(x, axis=1),
        lambda x: np.add.reduce(x, 1),
        lambda x: np.multiply.reduce(x, axis=None, initial=2.0),
        lambda x: (x > 0.7) + (x > 1.2),
        lambda x: np.where(((x > 0.7) + (x > 1.2)) & ~(x > 2) ^ (x < 0.3), x, 0),
        lambda x: (x > 1).sum(axis=0),
        lambda x: np.clip(x, max=1.2),
        lambda x: divmod(x, 0.4)[1] + divmod(x, 0.4)[0],
        lambda x: np.fmod(-x, 0.7) + np.trunc(-x) + np.logaddexp2(x, 1.0),
        lambda x: np.copysign(x, np.array([-0.0, 0.0, -1.0])),
        lambda x: np.fmax(x, np.nan) + np.fmin(np.nan, x),
        lambda x: np.isfinite(x / (x - 2)) + 0.0,
        lambda x: np.reshape(x, (3, 2), order="F"),
        lambda x: np.mean([x[0], x[1]], axis=0),
        lambda x: np.float64(2) * np.array([x[0, 0], x[1, 1]]),
        lambda x: x.copy().astype(float).flatten("F"),
    ],
)
def test_values(call):
    with np.errstate(all="ignore"):
        expected = np.asarray(call(M), float)
    np.testing.assert_allclose(mml.Function(call, M.shape)(M), expected, rtol=1e-13)


@pytest.mark.parametrize("name", ["vecdot", "matvec", "vecmat", "matmul"])
def test_products_of_stacks(name):
    function = getattr(np, name, None)
    if function is None:
        pytest.skip("not in this numpy")
    a, b = np.arange(24.0).reshape(2, 3, 4) / 7, np.arange(8.0).reshape(2, 4) - 3
    pairs = {
        "vecdot": [(a, b[:, None]), (a, a)],
        "matvec": [(a, b), (a, b[0])],
        "vecmat": [(b, a.swapaxes(1, 2)), (b[0], a[0].T)],
        "matmul": [(a, a.swapaxes(1, 2))],
    }[name]
    for x, y in pairs:
        np.testing.assert_allclose(
            mml.Function(lambda v, y=y: function(v, y), x.shape)(x), function(x, y), rtol=1e-13
        )
    assert check(function, a, a, axis=0) == (name == "vecdot")
    assert not check(function, a[0, 0], a[0, 0], axes=[(0,), (0,), ()])


def views(x):
    """Assignment, through views as well."""
    r = np.zeros_like(x)
    r[0] = x[1] * 2
    row = r[1]
    row[:] = x[0]
    row[1] += 7
    turned = r.T
    r[1, 2] = turned[0, 0]
    r += turned.reshape(2, 3)
    y = x.copy()
    z = y
    z *= 2
    y[:, ::2] -= x[:, ::2]
    out = np.empty_like(x)
    for i in range(2):
        for j in range(3):
            out[i, j] = r[i, j] * y[i, j] + (out[i, j - 1] if j else 0)
    return out + y


def test_assignment():
    expected = views(M)
    np.testing.assert_allclose(mml.Function(views, M.shape)(M), expected, rtol=1e-14)
    slopes = mml.Function(views, M.shape).jacobian(M).reshape(6, 6)
    by_hand = mml.finite_difference(
        lambda v: views(v.reshape(2, 3)).ravel(), M.ravel(), method="richardson"
    )
    np.testing.assert_allclose(slopes, by_hand, rtol=1e-9, atol=1e-9)
    for bad in (
        lambda x: np.broadcast_to(x[:1] + 0, (2, 3)).__setitem__(0, 1.0),
        lambda x: (x + 0).__setitem__(9, 1.0),
    ):
        with pytest.raises((ValueError, IndexError)):
            mml.Function(bad, M.shape)


def test_running_sums_of_many_numbers_are_cheap():
    f = mml.Function(lambda x: np.sum(np.cumsum(x) ** 2) + np.cumprod(x)[-1], 100_000)
    assert f.flops < 1e6
    x = 1 + 1e-4 * np.sin(np.arange(100_000.0))
    sums = np.cumsum(x)
    slope = 2 * np.cumsum(sums[::-1])[::-1] + np.prod(x) / x
    np.testing.assert_allclose(f.gradient(x), slope, rtol=1e-10)
    np.testing.assert_array_equal(mml.Function(np.cumsum, 2)([1.0, np.inf]), [1, np.inf])
    np.testing.assert_array_equal(
        mml.gradient(lambda v: np.cumprod(v)[-1], [2.0, 0.0, 3.0]), [0, 6, 0]
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.array([x[0], x[1]], dtype=complex), "converted to complex128"),
        (lambda x: np.zeros(2, int).__setitem__(0, x[0]), "zeros_like"),
        (lambda x: np.linalg.eig(np.outer(x, x))[1], "numpy.linalg.eig cannot be traced"),
        (lambda x: np.linalg.eigvals(np.outer(x, x)), "a complex value stands"),
        (lambda x: x.astype(np.float32), "converted to float32"),
        (lambda x: -(x > 0), "of conditions"),
        (lambda x: (x > 0) - (x > 1), "of conditions"),
        (lambda x: x & 1, "no conditions"),
        (lambda x: ~x, "no conditions"),
        (lambda x: np.sum(x, dtype=np.float32), "dtype"),
        (lambda x: np.add(x, x, where=x > 0), "`out` or `where`"),
    ],
)
def test_what_is_refused_names_line_and_fix(call, words):
    with pytest.raises(mml.TraceError, match=words) as caught:
        mml.Function(call, 2)
    assert "test_keywords.py, line" in str(caught.value)


def replaced():
    """What is traced where the function sees other names."""
    for module, names in _MODULES.items():
        if module != "mmlcore":
            yield from (f"{module.removeprefix('scipy.')}.{name}" for name in names)
    yield from BUILTINS


def table():
    """The names of numpy that are traced, by kind."""
    of_numpy = lambda names: ", ".join(
        f"`{n}`" for n in sorted(names) if hasattr(np, n) or hasattr(np.linalg, n)
    )
    elementwise = [n for n in FUNCTIONS if isinstance(getattr(np, n, None), np.ufunc)]
    special = [
        n
        for n in FUNCTIONS
        if not hasattr(np, n)
        and n not in ("sech_squared", "integer_power", "bessel_j", "bessel_y", "bessel_ie")
    ]
    methods = [f"{n}.reduce" for n in REDUCTIONS] + [f"{n}.accumulate" for n in ACCUMULATIONS]
    rows = [
        ("elementwise, and their `outer`", of_numpy(elementwise)),
        ("of SciPy and `mmlcore.calculus`", ", ".join(f"`{n}`" for n in sorted(special))),
        ("of SciPy and math, by a second trace", ", ".join(f"`{n}`" for n in replaced())),
        ("products of stacks", of_numpy(PRODUCTS)),
        ("methods of ufuncs", ", ".join(f"`{n}`" for n in methods)),
        ("of arrays", of_numpy(OF_ARRAYS)),
        ("moves of elements", of_numpy(MOVES)),
        ("of several arrays", of_numpy(JOINS)),
    ]
    return "\n".join(
        ["| kind | traced |", "| -- | -- |", *(f"| {kind} | {names} |" for kind, names in rows)]
    )


def test_the_table_of_the_documentation_is_true():
    """Every ufunc and function of numpy is traced if and only if the table says so."""
    page = (Path(__file__).parents[2] / "docs" / "traced.md").read_text(encoding="utf-8")
    assert table() in page
    for name in dir(np):
        function = getattr(np, name)
        if isinstance(function, np.ufunc) and function.nin < 3 and function.signature is None:
            arguments = (M, M) if function.nin == 2 else (M,)
            try:
                traced = mml.Function(lambda x, g=function: g(*[x] * g.nin), M.shape)
            except mml.TraceError:
                assert f"`{name}`" not in page.split("| products of stacks")[0] or name in (
                    "ldexp",  # by whole numbers
                    "bitwise_and",
                    "bitwise_or",
                    "bitwise_xor",
                    "invert",
                    "bitwise_not",
                    "bitwise_invert",
                )
                continue
            if function.nout == 1:
                with np.errstate(all="ignore"):
                    np.testing.assert_allclose(
                        traced(M), function(*arguments).astype(float), rtol=1e-13
                    )


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.convolve(x, [1.0, 2.0, 3.0], "same"),
        lambda x: np.correlate(x, [1.0, 2.0]),
        np.nanmedian,
        lambda x: np.quantile(x, [0.1, 0.3, 0.7]),
        lambda x: np.nanquantile(x, 0.3),
        np.sort,
        np.argmax,
        np.argmin,
        np.median,
        np.rint,
        np.trunc,
        np.nan_to_num,
        lambda x: np.searchsorted([0.0, 1.0], x),
        lambda x: np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0]),
        np.maximum.accumulate,
        np.signbit,
    ],
)
def test_infinite_numbers_and_nan(call):
    """As numpy has them: no zero meets an infinite number, NaN is last in order."""
    points = [
        [1.0, np.inf, 2.0, np.inf, 2.5],
        [-np.inf, -np.inf, -0.0, 3.0, 0.5],
        [np.nan, 1.0, 0.5, 2.5, -1.5],
        [0.0, -0.0, 5e-324, 1e308, -2.5],
    ]
    for x in np.array(points):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.asarray(call(x), float)
        np.testing.assert_allclose(mml.Function(call, 5)(x), expected, 1e-12)
