"""Derivatives against high precision, against each other, and over many random expressions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mmlcore as mml

mpmath = pytest.importorskip("mpmath")
optimize = pytest.importorskip("scipy.optimize")

# Functions of one number, in numpy and mpmath alike, with an interval where they are smooth.
SMOOTH = {
    "exp": (lambda m, x: m.exp(x), 2),
    "log": (lambda m, x: m.log(x + 3), 2),
    "log1p": (lambda m, x: m.log1p(x), 0.9),
    "expm1": (lambda m, x: m.expm1(x), 2),
    "sin": (lambda m, x: m.sin(x), 3),
    "cos": (lambda m, x: m.cos(x), 3),
    "tan": (lambda m, x: m.tan(x), 1.3),
    "sinh": (lambda m, x: m.sinh(x), 3),
    "cosh": (lambda m, x: m.cosh(x), 3),
    "tanh": (lambda m, x: m.tanh(x), 12),
    "sqrt": (lambda m, x: m.sqrt(x + 4), 3),
    "quotient": (lambda m, x: (x**3 - 2) / (x * x + 1), 3),
    "power": (lambda m, x: (x + 3) ** 2.5 + (x + 3) ** -4 + (x - 1) ** 5, 2),
    "exponent": (lambda m, x: (x + 3) ** x + 2.0**x, 2),
    "composed": (lambda m, x: m.exp(m.sin(x)) / (1 + x * x), 3),
    "nested": (lambda m, x: m.tanh(m.log(2 + m.cos(x * x))) * m.sqrt(1 + m.exp(-x)), 2),
    "arcsin": (lambda m, x: getattr(m, "asin", None)(x) if m is mpmath else np.arcsin(x), 0.9),
    "arccos": (lambda m, x: m.acos(x) if m is mpmath else np.arccos(x), 0.9),
    "arctan": (lambda m, x: m.atan(x) if m is mpmath else np.arctan(x), 4),
    "arcsinh": (lambda m, x: m.asinh(x) if m is mpmath else np.arcsinh(x), 4),
    "arccosh": (lambda m, x: m.acosh(x + 4) if m is mpmath else np.arccosh(x + 4), 2),
    "arctanh": (lambda m, x: m.atanh(x) if m is mpmath else np.arctanh(x), 0.9),
    "erf": (lambda m, x: m.erf(x) if m is mpmath else mml.calculus.erf(x), 3),
    "expit": (lambda m, x: 1 / (1 + m.exp(-x)) if m is mpmath else mml.calculus.expit(x), 20),
    "arctan2": (
        lambda m, x: m.atan2(x + 1, x * x + 0.5) if m is mpmath else np.arctan2(x + 1, x * x + 0.5),
        3,
    ),
    "hypot": (lambda m, x: m.hypot(x, 2) if m is mpmath else np.hypot(x, 2.0), 3),
    "cbrt": (lambda m, x: m.cbrt(x + 4) if m is mpmath else np.cbrt(x + 4), 3),
    "exp2": (lambda m, x: mpmath.mpf(2) ** x if m is mpmath else np.exp2(x), 3),
    "log2": (lambda m, x: m.log(x + 4, 2) if m is mpmath else np.log2(x + 4), 3),
    "log10": (lambda m, x: m.log10(x + 4), 3),
    "reciprocal": (lambda m, x: 1 / (x + 4), 3),
    "absolute": (lambda m, x: abs(x + 4) if m is mpmath else np.abs(x + 4) + 0 * np.sign(x), 3),
    "where": (lambda m, x: x**3 if m is mpmath else np.where(x > 99, np.exp(x), x**3), 3),
    "maximum": (lambda m, x: m.exp(x) if m is mpmath else np.maximum(np.exp(x), -1.0), 2),
    "second derivative of tanh": (lambda m, x: 1 - m.tanh(x) ** 2, 3),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_against_high_precision(name, order, rng):
    f, width = SMOOTH[name]
    x = rng.uniform(-width, width, 25)
    own = mml.derivative(lambda t: f(np, t), x, order=order)
    with mpmath.workdps(60):
        exact = np.array(
            [float(mpmath.diff(lambda t: f(mpmath, t), mpmath.mpf(a), order)) for a in x.tolist()]
        )
    np.testing.assert_allclose(own, exact, rtol=1e-11, atol=1e-11 * np.abs(exact).max())


OUTER = [
    "exp",
    "sin",
    "cos",
    "tanh",
    "arctan",
    "sinh",
    "cosh",
    "expm1",
    "arcsinh",
    "square",
    "sqrt",
    "log",
    "log1p",
    "tan",
    "reciprocal",
    "cbrt",
]
SINGULAR = frozenset(["sqrt", "log", "log1p", "reciprocal", "cbrt"])
IN_MPMATH = {
    "arctan": mpmath.atan,
    "arcsinh": mpmath.asinh,
    "square": lambda t: t * t,
    "reciprocal": lambda t: 1 / t,
}


def composed(outer, inner, find):
    """outer(inner(t)), each moved away from its singularity."""
    f, g = find(outer), find(inner)
    away, within = (3.0 if name in SINGULAR else 0.0 for name in (outer, inner))
    return lambda t: f(g(t + within) + away)


@pytest.mark.parametrize("outer", OUTER)
def test_every_function_of_every_function(outer, rng):
    """256 compositions, first and second derivatives."""
    for inner in OUTER:
        x = rng.uniform(-0.9, 0.9, 4)
        f = composed(outer, inner, lambda name: getattr(np, name))
        g = composed(outer, inner, lambda name: IN_MPMATH.get(name) or getattr(mpmath, name))
        for order in (1, 2):
            own = mml.derivative(f, x, order=order)
            with mpmath.workdps(50):
                exact = [float(mpmath.diff(g, mpmath.mpf(a), order)) for a in x.tolist()]
            # Near a pole of tan the derivatives are large, and so is what rounding x does to them.
            size = 1 + np.abs(exact) ** (2 if outer == "tan" else 1)
            assert (np.abs(own - exact) <= 1e-11 * size).all(), f"{outer}({inner}), order {order}"


def test_far_out_all_digits_stay():
    """1 - tanh^2 and s (1 - s) would be zero or noise."""
    x = np.array([5.0, 15.0, 30.0, 300.0])
    np.testing.assert_allclose(mml.derivative(np.tanh, x), np.cosh(x) ** -2.0, rtol=1e-14)
    s = mml.calculus.expit
    np.testing.assert_allclose(mml.derivative(s, x), np.exp(-x) / (1 + np.exp(-x)) ** 2, rtol=1e-14)


@pytest.mark.parametrize("n", [2, 3, 8, 9, 10, 31, 200])
@pytest.mark.parametrize("points", [(), (1,), (3, 5), (70,)])
def test_rosenbrock(n, points, rng, dtype):
    def f(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x = rng.uniform(-1, 1, (*points, n)).astype(dtype)
    flat = x.reshape(-1, n).astype(np.float64)
    tolerance = (
        {"rtol": 1e-4, "atol": 1e-2} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-11}
    )
    gradients = np.array([optimize.rosen_der(p) for p in flat]).reshape(x.shape)
    hessians = np.array([optimize.rosen_hess(p) for p in flat]).reshape(*x.shape, n)
    np.testing.assert_allclose(mml.gradient(f, x), gradients, **tolerance)
    np.testing.assert_allclose(mml.hessian(f, x), hessians, **tolerance)
    value, slope = mml.value_and_gradient(f, x)
    np.testing.assert_allclose(slope, gradients, **tolerance)
    np.testing.assert_allclose(value.ravel(), [optimize.rosen(p) for p in flat], **tolerance)
    v = rng.standard_normal(n).astype(dtype)
    np.testing.assert_allclose(mml.hessian_vector_product(f, x, v), hessians @ v, **tolerance)
    np.testing.assert_allclose(mml.jacobian_vector_product(f, x, v), gradients @ v, **tolerance)
    found = mml.sparse_hessian(f, x)
    assert len(found.rows) == 3 * n - 2
    dense = np.zeros_like(hessians)
    dense[..., found.rows, found.columns] = found.values
    np.testing.assert_allclose(dense, hessians, **tolerance)


@pytest.mark.parametrize(("m", "n"), [(1, 5), (5, 1), (3, 4), (12, 3), (3, 12), (20, 30), (30, 20)])
def test_jacobians_by_either_sweep(m, n, rng):
    a, b = rng.standard_normal((m, n)), rng.standard_normal((m, n))
    x = rng.standard_normal((6, n))

    def f(x):
        return np.tanh(a @ x) * np.sum(x * x) + np.sin(b) @ x

    inner = x @ a.T
    expected = (
        (1 / np.cosh(inner) ** 2)[..., None] * a * (x * x).sum(axis=1)[:, None, None]
        + 2 * np.tanh(inner)[..., None] * x[:, None, :]
        + np.sin(b)
    )
    own = mml.jacobian(f, x)
    np.testing.assert_allclose(own, expected, rtol=1e-11, atol=1e-12)
    v, w = rng.standard_normal(n), rng.standard_normal(m)
    np.testing.assert_allclose(
        mml.jacobian_vector_product(f, x, v), expected @ v, rtol=1e-10, atol=1e-11
    )
    np.testing.assert_allclose(
        mml.vector_jacobian_product(f, x, w), w @ expected, rtol=1e-10, atol=1e-11
    )


def test_a_network_of_two_layers(rng):
    """Matrix products of parameters: what backpropagation is for; Hessian times vector through the same."""
    data, target = rng.standard_normal((11, 3)), rng.standard_normal((11, 2))

    def loss(p):
        first, second = p[:12].reshape(3, 4), p[12:20].reshape(4, 2)
        return np.mean((np.tanh(data @ first) @ second - target) ** 2)

    p = rng.standard_normal(20)
    check = mml.check_gradient(loss, p)
    assert check.error < 1e-9
    v = rng.standard_normal(20)
    h = 1e-5
    slope = (mml.gradient(loss, p + h * v) - mml.gradient(loss, p - h * v)) / (2 * h)
    np.testing.assert_allclose(mml.hessian_vector_product(loss, p, v), slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(mml.hessian(loss, p) @ v, slope, rtol=1e-6, atol=1e-8)
    many = np.stack([p, p + 1, p - 1])
    np.testing.assert_allclose(mml.gradient(loss, many)[0], check.gradient, rtol=1e-12, atol=1e-14)


def test_where_there_is_no_derivative():
    assert mml.derivative(np.abs, 0.0) == 0
    assert mml.derivative(np.sqrt, 0.0) == np.inf
    assert mml.derivative(np.sign, 3.0) == 0
    np.testing.assert_array_equal(mml.gradient(np.max, [1.0, 1.0]), [0.5, 0.5])
    np.testing.assert_array_equal(mml.gradient(lambda x: x[0] ** x[1], [0.0, 2.0]), [0.0, 0.0])
    # The branch that is not taken does not spoil the other.
    assert (
        mml.derivative(lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0), -1.0) == 0
    )


def test_derivatives_within_functions():
    """A derivative is a function as any other."""
    second = mml.derivative(lambda x: mml.derivative(np.sin, x) * x, 0.7)
    np.testing.assert_allclose(second, np.cos(0.7) - 0.7 * np.sin(0.7), rtol=1e-14)
    curvature = mml.jacobian(lambda x: mml.gradient(lambda y: y[0] ** 2 * y[1], x), [3.0, 5.0])
    np.testing.assert_array_equal(curvature, [[10.0, 6.0], [6.0, 0.0]])
    inner = mml.Function(lambda x: x @ x, 2)
    np.testing.assert_array_equal(mml.gradient(lambda x: inner(3 * x), [1.0, 2.0]), [18.0, 36.0])


def test_derivatives_within_functions_by_what_is_not_an_argument():
    """By a part of the argument, or by an expression, which the graph may have taken apart; what f holds counts as constant."""
    u = np.array([0.5, 2.0, 3.0])

    def of_part(u):
        v = u[:2]
        return np.concatenate([mml.gradient(lambda w: w[0] ** 2 * w[1], v), u[2:] * v[:1]])

    np.testing.assert_allclose(mml.Function(of_part, 3)(u), [2.0, 0.25, 1.5])
    np.testing.assert_allclose(mml.jacobian(of_part, u), [[4, 1, 0], [1, 0, 0], [3, 0, 0.5]])
    turned = mml.Function(lambda u: mml.gradient(lambda w: np.sum(w**3), -u), 3)
    np.testing.assert_allclose(turned(u), 3 * u**2)
    spread = mml.Function(lambda u: mml.gradient(lambda w: np.sum(w**2), np.zeros(3) + u[0]), 3)
    np.testing.assert_allclose(spread(u), [1.0, 1.0, 1.0])
    listed = mml.Function(lambda u: mml.gradient(lambda w: w[0] ** 2 * w[1], [u[1], u[0]]), 3)
    np.testing.assert_allclose(listed(u), [2.0, 4.0])
    cubic = lambda w: np.sum(w**3) * w[0]
    for within in (mml.hessian, lambda f, u: mml.jacobian(lambda w: w * w[0], u) @ u):
        np.testing.assert_allclose(
            mml.Function(lambda u, g=within: g(cubic, u), 3)(u), within(cubic, u)
        )
    both = mml.Function(lambda u: np.append(*mml.value_and_gradient(cubic, u)), 3)
    np.testing.assert_allclose(both(u), np.append(*mml.value_and_gradient(cubic, u)))
    held = lambda u: mml.gradient(lambda w: np.sum(w * w * u), u)
    np.testing.assert_allclose(mml.Function(held, 3)(u), 2 * u**2)
    np.testing.assert_allclose(mml.jacobian(held, u), np.diag(4 * u))
    curved = lambda t: mml.derivative(lambda s: s**3 * t, 2 * t, order=2)
    assert mml.derivative(curved, 3.0) == pytest.approx(72)
    squares = mml.Function(lambda w: np.sum(w**2), 3)
    np.testing.assert_allclose(mml.Function(lambda u: squares(np.zeros(3) + u[0]), 3)(u), 0.75)


def test_threads_and_blocks_give_the_same_bits(rng):
    def f(x):
        return np.exp(-x[0]) * np.sin(x[1]) + x[2] / (1 + x[0] ** 2)

    x = rng.standard_normal((50_000, 3))
    results = []
    for count in (1, 2, 3):
        with mml.threads(count):
            results.append(mml.gradient(f, x))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
    np.testing.assert_array_equal(results[0][:777], mml.gradient(f, x[:777]))


# Random expressions of two numbers, smooth everywhere.
UNARY = [
    "np.sin({})",
    "np.cos({})",
    "np.tanh({})",
    "np.exp(-({}) ** 2)",
    "np.arctan({})",
    "({}) ** 2",
    "-({})",
    "({}) ** 3 / 9",
]
UNARY += [
    "np.sqrt(1 + ({}) ** 2)",
    "np.log(2 + np.sin({}))",
    "np.log1p(({}) ** 2)",
    "1 / (2 + np.cos({}))",
    "np.expm1(np.sin({}))",
]
BINARY = [
    "({}) + ({})",
    "({}) - ({})",
    "({}) * ({})",
    "({}) / (1.5 + np.cos({}))",
    "np.hypot(1 + ({}) ** 2, {})",
]
trees = st.recursive(
    st.sampled_from(["x[0]", "x[1]", "1.5", "x[0] * x[1]"]),
    lambda inner: (
        st.builds(lambda form, a: form.format(a), st.sampled_from(UNARY), inner)
        | st.builds(lambda form, a, b: form.format(a, b), st.sampled_from(BINARY), inner, inner)
    ),
    max_leaves=12,
)


class HighPrecision:
    """The functions of the expressions, by mpmath."""

    exp, sin, cos, tanh, sqrt = mpmath.exp, mpmath.sin, mpmath.cos, mpmath.tanh, mpmath.sqrt
    log, log1p, expm1 = mpmath.log, mpmath.log1p, mpmath.expm1
    arctan, hypot = mpmath.atan, mpmath.hypot


@settings(max_examples=150, deadline=None)
@given(text=trees, a=st.floats(-1.5, 1.5), b=st.floats(-1.5, 1.5))
def test_random_expressions(text, a, b):
    f = eval(f"lambda x: {text}", {"np": np})
    x = np.array([a, b])
    own = mml.gradient(lambda x: f(x) + 0 * x[0], x)
    with mpmath.workdps(60):  # differences of any step would be taken in by waves shorter than it
        exact = eval(f"lambda x: {text}", {"np": HighPrecision})

        def partial(*orders):
            return float(mpmath.diff(lambda *point: exact(point) + 0 * point[0], (a, b), orders))

        # A phase of many turns has lost digits before anything is derived.
        value = float(partial(0, 0))
        assume(abs(value - float(f(x) + 0 * x[0])) <= 1e-12 * (1 + abs(value)))
        expected = np.array([partial(1, 0), partial(0, 1)])
        mixed = partial(1, 1)
        second = np.array([[partial(2, 0), mixed], [mixed, partial(0, 2)]])
    np.testing.assert_allclose(own, expected, rtol=1e-8, atol=1e-8 * (1 + np.abs(own).max()))
    hessian = mml.hessian(lambda x: f(x) + 0 * x[0], x)
    np.testing.assert_allclose(hessian, second, rtol=1e-6, atol=1e-6 * (1 + np.abs(hessian).max()))
    np.testing.assert_allclose(
        hessian, hessian.T, rtol=1e-9, atol=1e-9 * (1 + np.abs(hessian).max())
    )


SPARSE = {
    "diagonal": lambda x: np.sin(x) * x,
    "neighbours": lambda x: x[1:] * x[:-1] ** 2,
    "second differences": lambda x: np.exp(x[2:]) - 2 * x[1:-1] + x[:-2],
    "arrow": lambda x: np.concatenate([x * x[0], x[-1:] ** 2]),
    "blocks": lambda x: np.sum(np.reshape(x, (-1, 3)) ** 3, axis=1),
    "dense": lambda x: x * np.sum(x),
    "steps": np.floor,
}


@pytest.mark.parametrize("name", SPARSE)
@pytest.mark.parametrize("n", [9, 12, 60])
def test_sparse_jacobians(name, n, rng, dtype):
    f = SPARSE[name]
    x = rng.uniform(0.1, 0.9, (5, n)).astype(dtype)
    exact = mml.finite_difference(f, x.astype(float), method="complex") if name != "steps" else 0
    full = mml.jacobian(f, x)
    tolerance = 2e-6 if dtype == np.float32 else 1e-13
    np.testing.assert_allclose(full, exact, rtol=tolerance, atol=tolerance)
    found = mml.sparse_jacobian(f, x)
    assert found.values.dtype == dtype
    assert found.shape == full.shape[1:]
    dense = np.zeros(full.shape)
    dense[:, found.rows, found.columns] = found.values
    np.testing.assert_allclose(dense, full, rtol=tolerance, atol=tolerance)
    assert (np.diff(found.rows * n + found.columns) > 0).all()
    if name in ("diagonal", "neighbours", "second differences"):
        width = {"diagonal": 1, "neighbours": 2, "second differences": 3}[name]
        assert len(found.rows) == width * found.shape[0]
        # One direction for each colour, not one for each column.
        traced = mml.Function(f, n)
        cost = traced._program("jacobian")[0].flops
        assert cost < 40 * n < n * n or n < 40


@pytest.mark.parametrize("points", [1, 3, 40])
@pytest.mark.parametrize(
    ("m", "k", "n"), [(1, 1, 1), (1, 5, 9), (13, 4, 1), (3, 2, 17), (9, 7, 8), (12, 1, 3)]
)
def test_products_of_every_shape(m, k, n, points):
    rng = np.random.default_rng(m * k + n)
    a, b = rng.standard_normal((m, k)), rng.standard_normal((k, n))
    x, y = rng.standard_normal((points, m, k)), rng.standard_normal((points, k, n))
    left, right = mml.Function(lambda v: v @ b, (m, k)), mml.Function(lambda v: a @ v, (k, n))
    both = mml.Function(lambda u, v: u @ v, (m, k), (k, n))
    np.testing.assert_allclose(left(x), x @ b, atol=1e-13)
    np.testing.assert_allclose(right(y), a @ y, atol=1e-13)
    np.testing.assert_allclose(both(x, y), x @ y, atol=1e-13)
    slopes = mml.Function(lambda v: ((v @ b) ** 2).sum(), (m, k)).gradient(x)
    np.testing.assert_allclose(slopes, 2 * (x @ b) @ b.T, atol=1e-12)
    slopes = mml.Function(lambda v: ((a @ v) ** 2).sum(), (k, n)).gradient(y)
    np.testing.assert_allclose(slopes, 2 * a.T @ (a @ y), atol=1e-12)


def test_multiples_of_one_thing_are_one_multiple():
    """x + 2 x, of which derivatives have many, is 3 x, and 2 (3 x) is 6 x: one operation."""
    f = mml.Function(lambda x: x**3 - 2 * x + 1)
    assert len(f._program(("derivative", 2))[0]) == 1
    x = np.linspace(-2, 2, 5000)
    assert np.array_equal(mml.derivative(f, x, order=2), 6 * x)
    for size in (1, 7, 2048, 2049, 5000):  # whole blocks and others, of rows and of steps
        for part in (x[:size], x[::-1][:size], np.ascontiguousarray(x[:size]).astype(np.float32)):
            np.testing.assert_allclose(
                mml.derivative(f, part), 3 * part * part - 2, rtol=1e-5, atol=1e-5
            )
            assert np.array_equal(mml.derivative(f, part, order=2), 6 * part)
