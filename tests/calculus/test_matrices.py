"""Linear algebra inside functions: numpy's values, and derivatives both ways and twice, of one matrix, stacks and many points."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.calculus import _matrices as traced

la = np.linalg
RNG = np.random.default_rng(3)
B, C = RNG.standard_normal((4, 2)), RNG.uniform(1, 2, (4, 4)) + 4 * np.eye(4)
SQUARE, STACK, SYMMETRIC = ((4, 4), False), ((2, 3, 3), False), ((4, 4), True)
TALL, WIDE = ((5, 3), False), ((3, 5), False)


def solved(aux, form):
    return lambda x: traced.solve(x.tape, x, B, aux=aux), lambda x: la.solve(form(x), B)


# Of each: as it is traced, numpy's, and shapes of matrices, of which some are symmetric positive definite.
CASES = {
    "solve": (lambda x: la.solve(x, B), None, [SQUARE]),
    "solve stack": (lambda x: la.solve(x, B[:3]), None, [STACK]),
    "solve side": (lambda x: la.solve(C, x), None, [((4, 3), False)]),
    "solve transposed": (*solved(1, lambda x: x.T), [SQUARE]),
    "solve lower": (*solved(2, np.tril), [SYMMETRIC]),
    "solve lower transposed": (*solved(3, lambda x: np.tril(x).T), [SYMMETRIC]),
    "solve upper": (*solved(8, np.triu), [SYMMETRIC]),
    "inv": (la.inv, None, [SQUARE, STACK]),
    "det": (la.det, None, [((1, 1), False), ((2, 2), False), ((3, 3), False), SQUARE, STACK]),
    "logdet": (lambda x: la.slogdet(x)[1], None, [SQUARE, STACK]),
    "cholesky": (la.cholesky, None, [SYMMETRIC, ((2, 3, 3), True)]),
    "eigvalsh": (la.eigvalsh, None, [SYMMETRIC, ((2, 3, 3), True)]),
    "eigh": (lambda x: la.eigh(x)[1] ** 2, None, [SYMMETRIC, ((2, 3, 3), True), ((18, 18), True)]),
    "matrix function": (
        lambda x: la.eigh(x)[1] * np.exp(-la.eigh(x)[0]) @ la.eigh(x)[1].T,
        None,
        [SYMMETRIC],
    ),
    "eigvals": (
        lambda x: np.sort(la.eigvals(x).real) + 2 * np.sort(abs(la.eigvals(x)), -1),
        None,
        [SQUARE, STACK, ((1, 1), False), SYMMETRIC],
    ),
    "eigvals turns": (lambda x: np.sort(la.eigvals(x).imag ** 2), None, [SQUARE]),
    "svdvals": (lambda x: la.svd(x, compute_uv=False), None, [SQUARE, TALL, WIDE]),
    "svd left": (lambda x: la.svd(x, full_matrices=False)[0] ** 2, None, [SQUARE, TALL, WIDE]),
    "svd right": (lambda x: la.svd(x, full_matrices=False)[2] ** 2, None, [SQUARE, TALL, WIDE]),
    "qr": (lambda x: la.qr(x)[0], None, [SQUARE, TALL, WIDE]),
    "qr triangle": (lambda x: la.qr(x, mode="r"), None, [SQUARE, TALL, WIDE]),
    "pinv": (la.pinv, None, [SQUARE, TALL, WIDE]),
    "lstsq": (
        lambda x: la.lstsq(x, np.arange(1.0, 1 + len(x)), rcond=None)[0],
        None,
        [TALL, WIDE],
    ),
    "norms": (
        lambda x: sum(la.norm(x, p) for p in (None, 1, -1, 2, -2, np.inf, -np.inf, "nuc")),
        None,
        [TALL],
    ),
    "powers": (lambda x: la.matrix_power(x, 3) + la.matrix_power(x, -2), None, [SQUARE]),
    "cond": (la.cond, None, [TALL]),
}
PAIRS = [(name, *form) for name, (_, _, forms) in CASES.items() for form in forms]


def matrices(shape, symmetric, rng):
    x = rng.standard_normal(shape)
    return (
        x @ np.swapaxes(x, -1, -2) + np.diag(3.0 * np.arange(1, 1 + shape[-1])) if symmetric else x
    )


@pytest.mark.parametrize(("name", "shape", "symmetric"), PAIRS)
def test_values_and_derivatives(name, shape, symmetric, rng):
    f, reference, _ = CASES[name]
    reference = reference or f
    x = matrices(shape, symmetric, rng)
    g = mml.Function(f, shape)
    expected = reference(x)
    np.testing.assert_allclose(g(x), expected, 1e-10, 1e-11)
    points = x + 0.01 * np.arange(19.0).reshape(-1, *(1,) * x.ndim) * np.eye(*shape[-2:])
    many = g(points)
    np.testing.assert_allclose(many, [reference(p) for p in points], 1e-9, 1e-10)
    np.testing.assert_allclose(g(points.astype(np.float32)), many, 1e-2, 2e-3 * np.abs(many).max())
    slopes = g.jacobian(x).reshape(-1, x.size)
    if x.size < 100:
        flat = functools.partial(lambda v: np.ravel(reference(v.reshape(shape))))  # never a trace
        by_steps = mml.finite_difference(flat, x.ravel(), method="richardson")
        close = {"rtol": 1e-7, "atol": 1e-8 * np.abs(by_steps).max()}
        np.testing.assert_allclose(slopes, by_steps.reshape(slopes.shape), **close)
        np.testing.assert_allclose(g.jacobian(points)[0].reshape(slopes.shape), slopes, **close)
    weights = rng.standard_normal(g.shape)
    s = mml.Function(lambda v: np.sum(weights * f(v)), shape)
    scale = np.abs(slopes).max() * np.abs(weights).max()
    np.testing.assert_allclose(s.gradient(x).ravel(), weights.ravel() @ slopes, 1e-8, 1e-9 * scale)
    if x.size < 30:
        h = s.hessian(x).reshape(x.size, x.size)
        np.testing.assert_allclose(h, h.T, 1e-6, 1e-8 * np.abs(h).max())
        by_steps = mml.finite_difference(
            lambda v: s.gradient(v.reshape(shape)).ravel(), x.ravel(), method="richardson"
        )
        np.testing.assert_allclose(h, by_steps, 1e-5, 1e-6 * np.abs(by_steps).max())


@pytest.mark.parametrize(
    "name",
    [
        "solve",
        "solve lower transposed",
        "inv",
        "det",
        "logdet",
        "cholesky",
        "eigvalsh",
        "eigh",
        "qr",
    ],
)
def test_series(name, rng):
    """Coefficients along a line are those of derivatives, one nested in the other."""
    f = CASES[name][0]
    x, d = matrices((4, 4), True, rng), matrices((4, 4), True, rng)
    f = mml.Function(lambda t: f_of(f, t, x, d), ())
    found = f.taylor(0.0, 3).coefficients
    first = lambda t: mml.derivative(f, t)
    second = lambda t: mml.derivative(first, t)
    np.testing.assert_allclose(found[..., 1], first(0.0), 1e-9, 1e-12)
    np.testing.assert_allclose(2 * found[..., 2], second(0.0), 1e-8, 1e-11)
    np.testing.assert_allclose(6 * found[..., 3], mml.derivative(second, 0.0), 1e-7, 1e-10)


def f_of(f, t, x, d):
    return f(x + d * t)


def test_matrices_without_a_result_are_nan_and_spare_the_others():
    singular = np.zeros((3, 3))
    for f in (la.inv, la.cholesky, lambda x: la.solve(x, np.ones(3))):
        g = mml.Function(f, (3, 3))
        both = g(np.stack([singular, np.eye(3)] * 9))
        assert np.isnan(g(singular)).all()
        assert np.isnan(both[0]).all()
        np.testing.assert_allclose(both[1], f(np.eye(3)))


def test_determinants_of_singular_matrices_have_derivatives():
    """Those of the cofactors; second ones are NaN from four rows on, never a number that means nothing."""
    for n in (2, 3, 4, 6):
        x = np.random.default_rng(n).standard_normal((n, n))
        x[-1] = x[0] + x[1 % (n - 1)]
        minors = [
            [(-1) ** (i + j) * la.det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(n)]
            for i in range(n)
        ]
        np.testing.assert_allclose(mml.Function(la.det, (n, n)).gradient(x), minors, 1e-9, 1e-9)
    assert np.isnan(mml.Function(la.det, (4, 4)).hessian(np.zeros((4, 4)))).any()


def test_repeated_values():
    """Functions that treat equal values alike have their derivatives; vectors have none and say so."""
    x = np.diag([1.0, 2.0, 2.0])
    f = mml.Function(lambda a: np.sum(np.exp(la.eigvalsh(a))), (3, 3))
    np.testing.assert_allclose(f.gradient(x), np.diag(np.exp([1.0, 2.0, 2.0])), 1e-12, 1e-14)
    g = mml.Function(lambda a: la.norm(a, "nuc"), (3, 3))
    np.testing.assert_allclose(g.gradient(x), np.eye(3), 1e-12, 1e-14)
    for call in (
        lambda: f.hessian(x),
        lambda: mml.Function(lambda a: la.eigh(a)[1][0, 0], (3, 3)).gradient(x),
        lambda: g.hessian(np.stack([x] * 20)),
    ):
        with pytest.raises(ValueError, match="the same to rounding"):
            call()


@pytest.mark.parametrize(
    "a",
    [np.eye(3), np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]), np.zeros((3, 3))],
    ids=["equal", "defective", "zero"],
)
def test_eigenvalues_that_meet_have_no_derivative(a):
    f = mml.Function(lambda a: np.max(la.eigvals(a).real), (3, 3))
    np.testing.assert_allclose(f(a), a[0, 0], atol=1e-4)
    for call in (
        lambda: f.gradient(a),
        lambda: f.gradient(np.stack([a] * 20)),
        lambda: f.hessian(a),
    ):
        with pytest.raises(
            ValueError, match="two eigenvalues of a matrix are the same to rounding"
        ):
            call()
    assert np.isnan(f.gradient(np.full((3, 3), np.nan))).all()


def test_eigenvalues_of_our_own_names_and_a_growth_rate():
    """The rate of x' = A x, the largest real part: its gradient is that of the left and right vectors, y x' / y'x."""
    a = np.random.default_rng(5).standard_normal((6, 6))
    rate = lambda a: np.max(mml.eigvals(a).real)
    values, vectors = la.eig(a)
    left = la.inv(vectors)
    k = np.argmax(values.real)
    f = mml.Function(rate, (6, 6))
    expected = np.outer(left[k], vectors[:, k]).real
    if np.count_nonzero(np.abs(values.real - values[k].real) < 1e-12) == 2:  # a pair, shared
        np.testing.assert_allclose(f.gradient(a), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(f(a), values.real.max(), rtol=1e-12)
    np.testing.assert_allclose(f.gradient(a), expected, rtol=1e-9, atol=1e-12)
    sla = pytest.importorskip("scipy.linalg")
    np.testing.assert_allclose(
        mml.Function(lambda a: np.sum(abs(sla.eigvals(a)) ** 2), (6, 6))(a),
        np.sum(abs(values) ** 2),
    )


def test_what_is_not_traced_says_so():
    for call, words in (
        (lambda x: la.svd(x)[0], "full_matrices=False"),
        (lambda x: la.eig(x @ x.T)[0], "numpy.linalg.eig cannot be traced"),
        (lambda x: la.eigvals(np.zeros((129, 129)) * x[0, 0]).real, "Up to 128 rows"),
        (lambda x: la.qr(x, mode="complete")[0], "mode='complete'"),
    ):
        with pytest.raises(mml.TraceError, match=words):
            mml.Function(call, (5, 3))
    with pytest.raises(ValueError, match="needed square matrices"):
        mml.Function(la.inv, (5, 3))
    with pytest.raises(ValueError, match="needed 3 rows"):
        mml.Function(lambda x: la.solve(x, np.ones(4)), (3, 3))
