"""Tracing: what numpy gives, for whatever of numpy can be traced; clear errors for the rest."""

from __future__ import annotations

import functools
import math
import pickle

import numpy as np
import pytest

import mmlcore as mml

SPECIAL = pytest.importorskip("scipy.special")
A = np.arange(12.0).reshape(3, 4) / 7 - 0.6
V = np.array([0.3, -1.2, 2.0])

FUNCTIONS = {
    "arithmetic": lambda x: (x + 2) * 3 / (1 + x * x) - x / 4 + 5 - (-x) ** 3 + 2**x,
    "reflected": lambda x: 1 / (2 + x**2) + (3 - x) + 1.5 * x + (V - x) + V * x + V / (5 + x * x),
    "powers": lambda x: (
        x**0 + x**1 + x**2 + x**3 + (x * x + 1) ** 0.5 + (x * x + 1) ** -1.5 + (x + 9) ** x
    ),
    "integer powers": lambda x: (x + 3) ** 7 + (x + 3) ** -3 + (x + 4.0) ** 13,
    "modulo": lambda x: x % 0.7 + (x // 0.4) + np.mod(x, 2),
    "conditions": lambda x: (
        np.where(x > 0, np.sqrt(abs(x)), -x) + np.where((x < 1) & (x >= -1) | ~(x == 2), 1, x)
    ),
    "clip": lambda x: np.clip(x, -0.5, 1) + np.minimum(x, 0.1) + np.maximum(x[0], x) + x.clip(0, 1),
    "not equal": lambda x: np.where(x != x[1], x, 7.0) + np.logical_xor(x > 0, x > 1) * 1.0,
    "special": lambda x: (
        SPECIAL.erf(x) + SPECIAL.expit(x) + SPECIAL.erfc(x) + SPECIAL.xlogy(x * x, x * x + 1)
    ),
    "two arguments": lambda x: (
        np.arctan2(x, x[::-1]) + np.hypot(x, 2) + np.logaddexp(x, 1) + np.copysign(x, x[0])
    ),
    "hyperbolic": lambda x: (
        np.sinh(x) + np.cosh(x) + np.tanh(x) + np.arcsinh(x) + np.arctanh(x / 3)
    ),
    "steps": lambda x: np.floor(x) + np.ceil(x) + np.sign(x) + np.heaviside(x, 0.5) + abs(x),
    "angles": lambda x: np.deg2rad(x) + np.rad2deg(x) + np.radians(x) + np.degrees(x),
    "sums": lambda x: (
        np.sum(x)
        + x.sum()
        + np.mean(x)
        + np.prod(x)
        + x.max()
        + x.min()
        + np.var(x)
        + np.std(x, ddof=1)
    ),
    "axes": lambda x: (
        np.outer(x, x).sum(axis=0) + np.sum(A.T * x, axis=-1)[:3] + np.outer(x, A[0]).mean(axis=1)
    ),
    "several axes": lambda x: (
        (x.reshape(3, 1, 1) * np.ones((3, 2, 4))).sum(axis=(0, 2))
        + x.reshape(1, 3).sum(axis=0, keepdims=True)[0, :2]
    ),
    "products": lambda x: np.array(
        [x @ x, np.dot(x, V), np.vdot(V, x), np.inner(x, V), V @ x, x.dot(x)]
    ),
    "matrices": lambda x: (
        A.T @ x + (x @ A) + np.einsum("ij,i->j", A, x) + np.tensordot(x, A, axes=1)
    ),
    "matrix of symbols": lambda x: (np.outer(x, x) + np.eye(3)) @ (np.outer(x, V) - 1) @ x,
    "einsum": lambda x: np.einsum("i,j,ij->", x, x, A[:, :3]) + np.einsum("ii->i", np.outer(x, x)),
    "norms": lambda x: (
        np.linalg.norm(x)
        + np.linalg.norm(x, 1)
        + np.linalg.norm(x, np.inf)
        + np.linalg.norm(np.outer(x, V), axis=1)
    ),
    "indices": lambda x: (
        x[0] * x[-1]
        + x[[2, 0, 1]]
        + x[::-1]
        + x[1:].sum()
        + x[np.array([True, False, True])].sum()
        + x[None, :][0]
    ),
    "moves": lambda x: (
        np.roll(x, 1)
        + np.flip(x)
        + np.repeat(x, 2)[::2]
        + np.tile(x, 2)[2:5]
        + np.transpose(np.outer(x, V))[0]
    ),
    "joins": lambda x: (
        np.concatenate([x, V, x[:1]]) + np.hstack([x, [1.0], V]) + np.append(x, [*V, 0.0])
    ),
    "stacks": lambda x: (
        np.stack([x, V])[1] + np.vstack([x, 2 * x])[0] + np.column_stack([x, x * x])[:, 1]
    ),
    "splits": lambda x: np.split(x, 3)[1] + np.array_split(x, 2)[0][:1],
    "loops": lambda x: sum(v * v for v in x) + sum(x[i] * i for i in range(len(x))),
    "arrays of numbers": lambda x: (
        np.array([x[0], x[1] * 2, 3.0]) + np.sin(np.array([x[0], x[1], x[2]]))
    ),
    "lists": lambda x: [x[0] * x[1], 3.0, np.exp(x[2])],
    "nested lists": lambda x: [[x[0], 1.0], [x[1], x[2]]],
    "differences": lambda x: np.diff(x) + np.cumsum(x)[1:] + np.diff(x, n=2),
    "cross": lambda x: np.cross(x, V) + np.cross([1.0, 0.0, 2.0], x),
    "diagonals": lambda x: np.diag(x) + np.diag(np.diag(np.outer(x, V))) + np.trace(np.outer(x, x)),
    "polyval": lambda x: np.polyval([1.0, -2.0, 3.0], x) + np.average(x, weights=[1.0, 2.0, 3.0]),
    "likes": lambda x: np.zeros_like(x) + np.ones_like(x) * x + np.full_like(x, 2.0),
    "reductions of ufuncs": lambda x: (
        np.add.reduce(x) + np.multiply.reduce(x) + np.multiply.outer(x, V)[1]
    ),
    "constant": lambda x: np.array([1.0, 2.0]),
    "identity": lambda x: x,
    "cbrt": lambda x: (
        np.cbrt(x)
        + np.exp2(x)
        + np.log2(x * x + 1)
        + np.log10(x * x + 1)
        + np.square(x)
        + np.reciprocal(x + 5)
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_numpys(name, rng, dtype):
    f = FUNCTIONS[name]
    traced = mml.Function(f, 3)
    points = rng.uniform(-2, 2, (33, 3)).astype(dtype)
    expected = np.array(
        [np.asarray(f(point.astype(np.float64)), dtype=np.float64) for point in points]
    )
    tolerance = (
        {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-13}
    )
    for many in (traced(points), np.stack([traced(point) for point in points])):
        assert many.dtype == dtype
        assert many.shape == expected.shape
        np.testing.assert_allclose(many, expected, **tolerance)
    assert traced(points[:0]).shape == (0, *expected.shape[1:])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jacobians_are_finite_differences(name, rng):
    f = FUNCTIONS[name]
    point = rng.uniform(-2, 2, 3)
    own = mml.jacobian(f, point)
    itself = functools.partial(lambda x: np.asarray(f(x), dtype=float))  # never a trace
    expected = mml.finite_difference(itself, point)
    np.testing.assert_allclose(own, expected, rtol=1e-6, atol=1e-6)
    own_batch = mml.jacobian(f, np.stack([point] * 9))
    np.testing.assert_allclose(own_batch[4], own, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_pickle_and_print(name, rng):
    traced = mml.Function(FUNCTIONS[name], 3)
    again = pickle.loads(pickle.dumps(traced))
    point = rng.uniform(-2, 2, 3)
    np.testing.assert_array_equal(again(point), traced(point))
    np.testing.assert_array_equal(again.jacobian(point), traced.jacobian(point))
    assert repr(again) == repr(traced)
    assert repr(traced).startswith("f(x) = ")


def test_layouts_and_types(layout, rng):
    f = mml.Function(lambda x: np.array([x[0] * x[1], x[2], x[3] * 2]), 4)
    points = rng.standard_normal((5, 6, 4))
    np.testing.assert_array_equal(f(layout(points)), f(points))
    np.testing.assert_array_equal(f(np.arange(4)), [0.0, 2.0, 6.0])
    np.testing.assert_array_equal(f([1, 2, 3, 4]), [2.0, 3.0, 8.0])


def test_several_arguments(rng):
    f = mml.Function(lambda a, b, c: a @ b * c, (2, 3), 3, ())
    a, b, c = rng.standard_normal((7, 2, 3)), rng.standard_normal(3), rng.standard_normal((7,))
    np.testing.assert_allclose(f(a, b, c), a @ b * c[:, None], rtol=1e-13)
    np.testing.assert_allclose(f(a[0], b, c[0]), a[0] @ b * c[0], rtol=1e-13)
    assert f.shapes == ((2, 3), (3,), ())
    with pytest.raises(ValueError, match=r"argument 1: got shape \(4,\), needed \(..., 3\)"):
        f(a, np.ones(4), c)
    with pytest.raises(TypeError, match="got 2 arguments, needed 3"):
        f(a, b)


def test_common_parts_are_computed_once():
    f = mml.Function(lambda x: np.exp(x[0] * x[1]) + np.sin(np.exp(x[0] * x[1])) + (x[1] * x[0]), 2)
    assert f.flops == 5  # a product, exp, sin, two sums


def test_constants_are_folded_and_dead_code_dropped():
    def f(x):
        _unused = np.exp(x) ** 3
        return x * (np.sin(1.0) ** 2 + np.cos(1.0) ** 2) * 1 + 0

    assert mml.Function(lambda x: x + np.sum(np.arange(5.0) * 2) - 20, ()).flops <= 2
    assert mml.Function(f, ()).flops <= 1


def test_it_is_remembered_until_what_it_captures_changes():
    calls = []
    scale = 2.0

    def f(x):
        calls.append(1)
        return scale * x @ x

    point = np.ones(3)
    first = mml.gradient(f, point)
    mml.gradient(f, point)
    assert len(calls) == 1
    scale = 5.0
    np.testing.assert_array_equal(mml.gradient(f, point), 2.5 * first)
    mml.gradient(f, np.ones(4))
    assert len(calls) == 3


SLOPE = 2.0


def line(x):
    return SLOPE * x


def test_functions_that_are_called_are_looked_into(monkeypatch):
    """What they read counts too; a function may call itself."""

    def f(x):
        inner = [SLOPE * t for t in [x]]
        return line(x) + inner[0]

    def recursive(x, depth=3):
        return x if depth == 0 else line(recursive(x, depth - 1))

    assert mml.derivative(f, 1.0) == 4
    assert mml.derivative(recursive, 1.0) == 8
    monkeypatch.setitem(globals(), "SLOPE", 3.0)
    assert mml.derivative(f, 1.0) == 6
    assert mml.derivative(recursive, 1.0) == 27


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x[0] if x[0] > 0 else x[1], "a branch .* depends on a value. Use numpy.where"),
        (lambda x: math.comb(x[0], 2), None),
        (lambda x: complex(x[0]), "a number was asked .* numpy's functions"),
        (lambda x: np.unique(x)[0], "numpy.unique cannot be traced"),
        (lambda x: np.gcd(x, 2), "numpy.gcd cannot be traced"),
        (lambda x: np.add(x, 1, out=x), "an element was assigned to"),
        (lambda x: x.tobytes(), "The method `tobytes` of arrays cannot be traced"),
        (lambda x: np.where(x > 0)[0], "pass both choices"),
        (lambda x: x[x > 0], "how many elements a condition picks depends on values"),
        (lambda x: x * "a", None),
        (lambda x: x * 1j, "a complex value stands where a real one is needed"),
        (lambda x: x + np.ma.masked_array([1.0, 2.0], [True, False]), "a masked array met"),
    ],
)
def test_what_cannot_be_traced(f, message):
    with pytest.raises(TypeError, match=message) as caught:
        mml.Function(f, 2)
    if message:
        assert isinstance(caught.value, mml.TraceError)
        assert "test_trace.py, line" in str(caught.value)


def test_assignment_is_refused():
    def f(x):
        x[0] = 1.0
        return x

    with pytest.raises(mml.TraceError, match=r"an element was assigned to. Make a new array"):
        mml.Function(f, 2)


def test_values_of_another_trace():
    kept = []
    mml.Function(lambda x: kept.append(x) or x, 2)
    with pytest.raises(mml.TraceError, match="another trace"):
        mml.Function(lambda x: x + kept[0], 2)


def test_refusals():
    with pytest.raises(TypeError, match="f: got 3"):
        mml.Function(3)
    with pytest.raises(ValueError, match=r"x: got shape \(\), needed \(..., n\)"):
        mml.gradient(lambda x: x, 1.0)
    with pytest.raises(ValueError, match=r"needed one number for a gradient; `jacobian`"):
        mml.gradient(lambda x: x, [1.0, 2.0])
    with pytest.raises(ValueError, match="inner sizes 3 and 4 differ"):
        mml.Function(lambda x: x @ np.ones(4), 3)
    with pytest.raises(np.exceptions.AxisError):
        mml.Function(lambda x: np.sum(x, axis=1), 3)
    with pytest.raises(IndexError, match="out of bounds"):
        mml.Function(lambda x: x[3], 3)
    with pytest.raises(ValueError, match="broadcast"):
        mml.Function(lambda x: x + np.ones(4), 3)
    with pytest.raises(TypeError, match="complex"):
        mml.gradient(lambda x: x @ x, np.ones(2) * 1j)
    f = mml.Function(lambda x: x @ x, 3)
    with pytest.raises(ValueError, match="needed those of"):
        mml.gradient(f, np.ones(2))


def test_nan_and_infinity_are_values_as_any():
    f = mml.Function(lambda x: x**2 + 1, ())
    np.testing.assert_array_equal(f([np.nan, np.inf, 2.0]), [np.nan, np.inf, 5.0])


@pytest.mark.parametrize("points", [1, 7, 8, 1000, 3000])
def test_functions_without_an_operation(points, rng):
    """Arguments and pieces of them are results as they are."""
    x = rng.standard_normal((points, 4))
    np.testing.assert_array_equal(mml.Function(lambda p: p, 4)(x), x)
    np.testing.assert_array_equal(mml.Function(lambda p: p[2], 4)(x), x[:, 2])
    np.testing.assert_array_equal(mml.Function(lambda p: p[1:3], 4)(x), x[:, 1:3])
    np.testing.assert_array_equal(mml.Function(lambda p: p[::-1], 4)(x), x[:, ::-1])
    np.testing.assert_array_equal(mml.Function(lambda p: np.ones(2), 4)(x), np.ones((points, 2)))
    both = mml.Function(lambda p: np.concatenate([p[1:3], p, p[1:3] * 2, np.zeros(1), p[:2]]), 4)
    expected = np.hstack([x[:, 1:3], x, x[:, 1:3] * 2, np.zeros((points, 1)), x[:, :2]])
    np.testing.assert_array_equal(both(x), expected)
    nested = mml.Function(
        lambda p: np.concatenate([np.concatenate([p + 1, p + 2]), (p + 1) ** 2]), 4
    )
    np.testing.assert_array_equal(nested(x), np.hstack([x + 1, x + 2, (x + 1) ** 2]))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: mml.jacobian_vector_product(np.sin, x, x),
        lambda x: mml.taylor(np.sin, x[0], 2).coefficients,
        lambda x: mml.standardize(x) if hasattr(mml, "standardize") else mml.variance(x),
    ],
)
def test_functions_that_take_numbers_say_so(call):
    with pytest.raises(mml.TraceError, match="got a value that is being traced, needed numbers"):
        mml.Function(call, 2)


def test_equal_terms_of_a_sum_are_one():
    """0.5 A x + (b + 0.5 A x) = A x + b, for a symmetric matrix."""
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -1.0])
    f = mml.Function(lambda x: 0.5 * (x @ a @ x) + b @ x, 2)
    np.testing.assert_allclose(f.gradient([0.3, 0.7]), a @ [0.3, 0.7] + b, rtol=1e-15)
    assert f._program("gradient")[0].flops == 2 * 4 + 2
