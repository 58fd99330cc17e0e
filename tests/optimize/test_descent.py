"""minimize in the kernel: many starts, bounds, data for each, callbacks; and the search of a box."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import Status

METHODS = ["newton", "bfgs", "lbfgs"]


def valley(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def convex(x):
    return np.sum(np.cosh(x - 1)) + 0.5 * np.sum(x) ** 2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 5, 16, 65])
@pytest.mark.parametrize("count", [1, 4, 150])
def test_many_starts_are_as_each_alone(method, n, count, rng):
    if n == 65 and count > 4:
        count = 5
    starts = rng.standard_normal((count, n))
    found = mml.minimize(convex, starts, method=method, max_iter=5000)
    assert found.converged.all()
    assert found.value.shape == found.iterations.shape == (count,)
    assert found.x.shape == found.gradient.shape == (count, n)
    np.testing.assert_allclose(found.gradient, 0, atol=1e-5)
    one = mml.minimize(convex, starts[-1], method=method, max_iter=5000)
    np.testing.assert_allclose(found.x, np.broadcast_to(one.x, (count, n)), atol=2e-7)
    np.testing.assert_allclose(found.value[-1], one.value, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_leading_axes_and_failures(method):
    """One start without a minimum spoils no other."""
    f = lambda x: np.where(x[0] > 5, -x[1], np.sum((x - 1) ** 2))
    starts = np.array([[[0.0, 3], [2, 2]], [[9, 0], [np.pi, 1]]])
    found = mml.minimize(f, starts, method=method, max_iter=300)
    assert found.converged.shape == (2, 2)
    assert found.converged.tolist() == [[True, True], [False, True]]
    assert found.status[1, 0] in (Status.UNBOUNDED, Status.STUCK, Status.MAX_ITER)
    np.testing.assert_allclose(found.x[[0, 0, 1], [0, 1, 1]], 1, atol=1e-6)
    assert len(found.message) == 4
    nothing = mml.minimize(lambda x: np.sum(np.log(x)), [[-1.0], [1.0]], method=method, max_iter=50)
    assert nothing.status[0] == Status.NOT_FINITE


@pytest.mark.parametrize("method", METHODS)
def test_bounds_hold(method, rng):
    """The equations of Karush, Kuhn and Tucker: slopes are zero, or push against a bound."""
    for _ in range(20):
        n = int(rng.integers(1, 7))
        a = rng.standard_normal((n + 2, n))
        b = rng.standard_normal(n + 2)
        low = rng.uniform(-1, 0.2, n)
        high = low + rng.uniform(0, 1, n)
        high[0] = low[0] if rng.random() < 0.2 else high[0]
        f = lambda x, a=a, b=b: np.sum((a @ x - b) ** 2) + 0.1 * np.sum(x**4)
        found = mml.minimize(f, rng.standard_normal(n), method=method, bounds=(low, high))
        x, g = found.x, found.gradient
        assert ((x >= low) & (x <= high)).all()
        inside = (x > low) & (x < high)
        assert np.abs(g[inside]).max(initial=0) < 1e-5
        assert (g[(x == low) & (x < high)] >= 0).all()
        assert (g[(x == high) & (x > low)] <= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_bounds_of_scipy(method):
    optimize = pytest.importorskip("scipy.optimize")
    pairs = [(1.5, None), (None, 2.0)]
    found = mml.minimize(valley, [3.0, 0.0], method=method, bounds=pairs)
    theirs = optimize.minimize(
        lambda x: float(valley(x)), [3.0, 0.0], method="L-BFGS-B", bounds=pairs
    )
    np.testing.assert_allclose(found.x, theirs.x, atol=1e-4)
    # A start far away, a bound near the end of the range, a start on a bound.
    far = mml.minimize(lambda x: x[0] + 1 / x[0], [1500.0], method=method, bounds=[(0.01, 1.8e308)])
    np.testing.assert_allclose(far.x, 1, rtol=1e-6)
    corner = mml.minimize(
        lambda x: np.sum(x**2), [1.0, 1.0], method=method, bounds=optimize.Bounds([1, -3], [3, 1])
    )
    np.testing.assert_allclose(corner.x, [1, 0], atol=1e-9)
    held = mml.minimize(np.sum, [0.5, 0.5], method=method, bounds=optimize.Bounds([0, 0], [1, 1]))
    assert (held.x == 0).all()
    assert held.converged


@pytest.mark.parametrize("method", METHODS)
def test_data_for_each_start(method, rng):
    """args with the leading axes of x0, and args for all."""
    x = np.linspace(0, 2, 12)
    true = rng.uniform(0.5, 2, (40, 2))
    y = true[:, :1] * np.exp(-true[:, 1:] * x)

    def loss(p, data, points):
        return np.sum((p[0] * np.exp(-p[1] * points) - data) ** 2)

    found = mml.minimize(loss, np.ones((40, 2)), args=(y, x), method=method)
    np.testing.assert_allclose(found.x, true, atol=2e-5)
    one = mml.minimize(loss, np.ones(2), args=(y[3], x), method=method)
    np.testing.assert_allclose(one.x, true[3], atol=2e-5)
    shift = mml.minimize(lambda v, a: (v - a) ** 2, 0.0, args=3.0, method=method)
    assert shift.x == pytest.approx(3)


def test_callback():
    seen = []
    found = mml.minimize(valley, [-1.2, 1.0], method="bfgs", callback=seen.append)
    assert len(seen) == found.iterations
    np.testing.assert_array_equal(seen[-1], found.x)
    stopped = mml.minimize(valley, [-1.2, 1.0], method="lbfgs", callback=lambda x: x[0] > 0)
    assert not stopped.converged
    assert stopped.x[0] > 0

    def broken(_x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        mml.minimize(valley, [-1.2, 1.0], callback=broken)
    path = mml.minimize(valley, [-1.2, 1.0], method="lbfgs", trajectory=True)
    assert path.path.shape == (path.iterations + 1, 2)


@pytest.mark.parametrize("method", METHODS)
def test_units_of_bounds_and_batches(method):
    """x times 1e-9 and 1e9, f times 1e30: the same minima."""
    units = np.array([1e-9, 1e9]) if method == "newton" else 1e-9
    f = lambda x: 1e30 * valley(x / units)
    found = mml.minimize(
        f, np.array([[-1.2, 1.0], [2.0, -1.0], [0.5, 0.5], [3, 3]]) * units, method=method
    )
    np.testing.assert_allclose(found.x / units, 1, atol=1e-5)


def test_newton_leaves_saddles():
    starts = np.array([[0.0, 0.0], [1e-9, 0.0], [0.0, 0.3], [0.0, -1.0]])
    found = mml.minimize(lambda x: x[0] ** 2 + (x[1] ** 2 - 1) ** 2, starts)
    np.testing.assert_allclose(np.abs(found.x), [[0, 1]] * 4, atol=1e-7)
    swapped = mml.minimize(lambda x: x[0] * x[1] + 0.25 * np.sum(x**4), [0.0, 0.0])
    assert swapped.value == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bounds": [(2, 1), (0, 1)]}, "bounds"),
        ({"bounds": [1, 2, 3]}, "bounds"),
        ({"bounds": (0, 1), "method": "momentum"}, "bounds: they go with"),
        ({"x0": np.ones(60), "callback": print}, "args, callback"),
        ({"x0": np.ones((3, 2)), "callback": print}, "callback, trajectory"),
        ({"x0": np.ones((3, 2)), "trajectory": True}, "callback, trajectory"),
        ({"args": ("a",)}, "args"),
    ],
)
def test_errors(arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        mml.minimize(**{"f": valley, "x0": [0.0, 0.0], **arguments})


def waves(x):
    return 10.0 * len(x) + np.sum(x**2 - 10 * np.cos(2 * np.pi * x))


def hills(x):
    return -20 * np.exp(-0.2 * np.sqrt(np.mean(x**2))) - np.exp(np.mean(np.cos(2 * np.pi * x)))


@pytest.mark.parametrize(
    ("f", "box", "least"),
    [
        (lambda x: 20 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)), [(-5.12, 5.12)] * 2, 0.0),
        (lambda x: 60 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)), [(-4.0, 5.12)] * 6, 0.0),
        (hills, [(-30.0, 25.0)] * 4, -20 - np.e),
        (valley, [(-2.0, 2.0)] * 5, 0.0),
        (np.sum, [(-1.0, 2.0), (3.0, 4.0)], 2.0),
        (
            lambda x: -np.sum(x * np.sin(np.sqrt(np.abs(x)))),
            [(-500.0, 500.0)] * 3,
            -3 * 418.9828872724338,
        ),
    ],
    ids=["waves 2", "waves 6", "hills", "valley", "corner", "far basins"],
)
def test_globally(f, box, least):
    found = mml.minimize_globally(f, box)
    assert found.converged
    assert found.value == pytest.approx(least, abs=1e-6)
    again = mml.minimize_globally(f, box)
    np.testing.assert_array_equal(found.x, again.x)
    with mml.threads(1):
        np.testing.assert_array_equal(found.x, mml.minimize_globally(f, box).x)


def test_globally_refuses():
    for bounds in ([(0, np.inf)], [(1, 0)], None, 3, [], [(np.nan, 1)]):
        with pytest.raises(ValueError, match="bounds"):
            mml.minimize_globally(valley, bounds)
    with pytest.raises(ValueError, match="not finite"):
        mml.minimize_globally(lambda x: np.sum(np.log(x)), [(-2, -1)] * 2)
    with pytest.raises(mml.ConvergenceError):
        mml.minimize_globally(
            lambda x: 60 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)), [(-5, 5)] * 6, generations=1
        )
    late = mml.minimize_globally(hills, [(-30.0, 25.0)] * 4, generations=2, raise_on_failure=False)
    assert not late.converged
    other = mml.minimize_globally(hills, [(-30.0, 25.0)] * 2, random_state=5, population=30)
    assert other.value == pytest.approx(-20 - np.e)


@pytest.mark.parametrize("method", ["gradient_descent", "momentum"])
def test_descents_by_gradients_take_data_and_callbacks(method):
    data = np.arange(10.0).reshape(5, 2)
    found = mml.minimize(
        lambda x, c: np.sum((x - c) ** 2), np.zeros((5, 2)), method=method, args=(data,)
    )
    np.testing.assert_allclose(found.x, data, atol=1e-6)
    seen = []
    stopped = mml.minimize(
        valley, [-1.2, 1.0], method=method, callback=lambda x: seen.append(x) or len(seen) == 3
    )
    assert stopped.iterations == 3
    np.testing.assert_array_equal(seen[-1], stopped.x)
