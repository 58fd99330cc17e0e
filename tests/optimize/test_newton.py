"""Roots and multipliers: the courses' cases, SciPy, batches, and what cannot be solved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml

CASES = {
    case["id"]: case
    for case in json.loads(
        (Path(__file__).parent.parent / "data" / "cases_optimize.json").read_text(encoding="utf-8")
    )
}


def quiz(x: Any) -> Any:
    """The polynomial of the practice quiz."""
    return x**6 / 6 - 3 * x**4 - 2 * x**3 / 3 + 27 * x**2 / 2 + 18 * x - 30


@pytest.mark.parametrize("name", ["n.trace_neg4", "n.x31", "n.double_root"])
def test_the_plain_iteration(name: str) -> None:
    """Iterates of the course, jumps included."""
    case = CASES[name]
    f = quiz if name != "n.double_root" else lambda x: (x - 1) ** 2
    steps = case["inputs"]["steps"]
    root = mml.newton(
        f,
        case["inputs"]["x0"],
        max_iter=steps,
        safeguard=False,
        trajectory=True,
        tol=0.0,
        raise_on_failure=False,
    )
    assert root.path is not None
    np.testing.assert_allclose(root.path, case["expected"], rtol=case["tolerance"]["rtol"])
    assert root.iterations == steps
    assert not root.converged


def test_safeguarded_quiz() -> None:
    """From 3.1 the plain iteration wanders; the safeguarded one finds a root."""
    root = mml.newton(quiz, 3.1)
    assert root.converged
    assert abs(quiz(root.x)) < 1e-10


def test_double_root() -> None:
    """Slow, but it arrives."""
    root = mml.newton(lambda x: (x - 1) ** 2, 2.0, max_iter=60)
    assert root.converged
    assert root.x == pytest.approx(1, abs=1e-11)
    assert root.iterations > 30


def test_numbers_are_starts_of_their_own() -> None:
    """An array of starts of a function of numbers; as SciPy's roots."""
    optimize = pytest.importorskip("scipy.optimize")
    starts = np.linspace(-5, 5, 101)
    root = mml.newton(quiz, starts, max_iter=100)
    good = root.converged
    assert good.sum() > 80
    np.testing.assert_allclose(quiz(root.x[good]), 0, atol=1e-9)
    assert set(root.status[~good]) <= {mml.Status.SINGULAR, mml.Status.STUCK}
    for x0 in (-4.0, 1.0, 0.5):
        expected = optimize.newton(quiz, x0, fprime=lambda x: mml.derivative(quiz, x), tol=1e-13)
        assert mml.newton(quiz, x0).x == pytest.approx(expected, rel=1e-11)


def test_what_has_no_root_says_so() -> None:
    """A cycle of the plain iteration, a minimum above zero, a flat place, a pole, NaN."""
    cycle = mml.newton(lambda x: x**3 - 2 * x + 2, 0.0, safeguard=False, raise_on_failure=False)
    assert (cycle.status, cycle.converged, cycle.iterations) == (mml.Status.MAX_ITER, False, 50)
    held = {mml.Status.SINGULAR, mml.Status.STUCK}
    with pytest.raises(mml.ConvergenceError, match="newton: ") as caught:
        mml.newton(lambda x: x**3 - 2 * x + 2, 0.0)
    assert caught.value.result.status in held
    none = mml.newton(lambda x: x * x + 1, 3.0, raise_on_failure=False)
    assert none.status in held
    assert not none.success
    assert "stationary" in none.message or "smaller" in none.message
    flat = mml.newton(lambda x: x * x + 1, 0.0, raise_on_failure=False)
    assert flat.status == mml.Status.SINGULAR
    assert not mml.newton(lambda x: 1 / x, [-1.0, 2.0, 3.0]).converged.any()
    assert mml.newton(np.log, -1.0, raise_on_failure=False).status == mml.Status.NOT_FINITE


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=4, unique=True),
    st.floats(-6, 6),
)
def test_converged_means_a_root(roots: list[float], start: float) -> None:
    """Polynomials: whatever is called converged is next to one of the roots."""

    def f(x: Any) -> Any:
        product = x - roots[0]
        for r in roots[1:]:
            product = product * (x - r)
        return product

    found = mml.newton(f, start, max_iter=200, raise_on_failure=False)
    assert found.status != 0
    if found.converged:
        assert abs(f(found.x)) <= 1e-9 * (1 + abs(found.x)) ** len(roots)


def system(v: Any) -> Any:
    """A circle and a hyperbola."""
    return np.stack([v[0] ** 2 + v[1] ** 2 - 4, v[0] * v[1] - 1])


def test_systems() -> None:
    """A batch of starts, each as alone; the shape of the answer is that of the question."""
    starts = np.random.default_rng(0).normal(size=(3, 40, 2)) * 2
    roots = mml.newton(system, starts)
    assert roots.x.shape == (3, 40, 2)
    assert roots.residual.shape == roots.converged.shape == (3, 40)
    assert roots.converged.mean() > 0.95
    np.testing.assert_allclose(system(np.moveaxis(roots.x[roots.converged], -1, 0)), 0, atol=1e-10)
    for i in range(5):
        one = mml.newton(system, starts[0, i])
        np.testing.assert_allclose(one.x, roots.x[0, i], rtol=1e-9)
    assert mml.newton(lambda v: v - v, [1.0, 2.0]).converged.all()  # every point is a root
    dead = mml.newton(
        lambda v: np.stack([v[0] ** 2 + 1, v[1] ** 2 + 1]), [0.0, 0.0], raise_on_failure=False
    )
    assert dead.status == mml.Status.SINGULAR


def cubic(v: Any) -> Any:
    """A circle and a cubic curve; a quarter of the starts is held fast by a minimum of |f|."""
    return np.stack([v[0] ** 2 + v[1] ** 2 - 4, v[0] ** 3 - v[1] - 1])


def test_starts_that_are_held_fast() -> None:
    starts = np.random.default_rng(0).uniform(-3, 3, (5000, 2))
    roots = mml.newton(cubic, starts)
    assert roots.converged.mean() > 0.995
    np.testing.assert_allclose(cubic(roots.x[roots.converged].T), 0, atol=1e-9)
    assert (roots.status[~roots.converged] == mml.Status.STUCK).all()
    assert (roots.residual[~roots.converged] > 0.1).all()


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_one_start_again(n: int) -> None:
    """The short way of a function that was used before gives what the longer one gives, and leaves to it what is not plain."""
    function = mml.Function(lambda v: v**3 - np.arange(1.0, n + 1), n)
    x0 = np.linspace(1.0, 2.0, n)
    first = mml.newton(function, x0)
    shifted = np.linspace(0.0, 2.0, 2 * n)
    shifted[::2] = x0
    for same in (list(x0), x0, shifted[::2], x0.astype(np.float64, order="F")):
        again = mml.newton(function, same)
        assert [type(a) for a in again] == [type(a) for a in first]
        np.testing.assert_array_equal(again.x, first.x)
        assert tuple(again)[1:] == tuple(first)[1:]
        assert again.summary() == first.summary()
    assert mml.newton(function, [x0]).x.shape == (1, n)
    assert mml.newton(function, tuple(x0)).converged
    assert mml.newton(function, x0, trajectory=True).path is not None
    with pytest.raises(ValueError, match="x0: contains NaN"):
        mml.newton(function, [np.nan, *x0[1:]])
    with pytest.raises(ValueError, match="tol"):
        mml.newton(function, x0, tol=-1.0)
    with pytest.raises(ValueError, match="max_iter"):
        mml.newton(function, x0, max_iter=0)
    with pytest.raises(mml.ConvergenceError):
        mml.newton(function, x0, max_iter=1)


def test_bad_input() -> None:
    """The message names the argument."""
    with pytest.raises(ValueError, match="x0"):
        mml.newton(quiz, np.nan)
    with pytest.raises(ValueError, match="f"):
        mml.newton(lambda v: v[0] + v[1], [1.0, 2.0])
    with pytest.raises(mml.TraceError):
        mml.newton(float, 1.0)
    with pytest.raises(ValueError, match="constraints"):
        mml.lagrange(lambda v: v[0], [], [1.0, 2.0])
    with pytest.raises(ValueError, match="constraints"):
        mml.lagrange(lambda v: v[0], lambda v: np.outer(v, v), [1.0, 2.0])
    with pytest.raises(ValueError, match="x0"):
        mml.lagrange(lambda v: v[0], lambda v: v[0], 1.0)


def test_lagrange_quiz() -> None:
    """Several starts, the least of them; the multiplier's sign is that of the course."""
    case = CASES["lag.min"]["expected"]

    def f(v: Any) -> Any:
        return np.exp(-(2 * v[0] ** 2 + v[1] ** 2 - v[0] * v[1]) / 2)

    def g(v: Any) -> Any:
        return v[0] ** 2 + 3 * (v[1] + 1) ** 2 - 1

    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    found = mml.lagrange(f, g, np.stack([np.cos(turn), np.sin(turn) - 1], axis=1))
    assert found.converged.all()
    best = np.argmin(found.value)
    np.testing.assert_allclose(found.x[best], [case["x"], case["y"]], rtol=1e-8)
    assert found.kind[best] == "minimum"
    assert found.kind[np.argmax(found.value)] == "maximum"
    case = CASES["lag.second"]["expected"]
    one = mml.lagrange(
        lambda v: -np.exp(v[0] - v[1] ** 2 + v[0] * v[1]),
        [lambda v: np.cosh(v[1]) + v[0] - 2],
        [1.0, 0.1],
    )
    np.testing.assert_allclose(one.x, [case["x"], case["y"]], rtol=1e-8)
    assert one.multipliers[0] == pytest.approx(case["lam"], rel=1e-8)
    assert one.value == pytest.approx(case["f"], rel=1e-10)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2)])
def test_lagrange_again(n: int, m: int) -> None:
    """The short way of functions that were used before gives what stacks of starts give."""
    rng = np.random.default_rng(10 * n + m)
    a = rng.normal(size=(n, n))
    b = rng.normal(size=(m, n))
    kinds = set()
    f = mml.Function(lambda v: ((a + a.T) @ v) @ v + np.sum(np.sin(v)), n)
    gs = [mml.Function(lambda v, i=i: b[i] @ v + np.sum(v * v) - 2 - i, n) for i in range(m)]
    for _ in range(40):
        x0 = rng.normal(size=n)
        many = mml.lagrange(f, gs, [x0])
        one = mml.lagrange(f, gs, list(x0), raise_on_failure=False)
        assert one.x.shape == (n,)
        assert one.multipliers.shape == (m,)
        assert [type(v) for v in one[2:]] == [float, str, float, int, bool, int]
        assert one.status == many.status[0]
        kinds.add(one.kind)
        if one.converged:
            np.testing.assert_allclose(one.x, many.x[0], rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(one.multipliers, many.multipliers[0], rtol=1e-6, atol=1e-8)
            assert one.value == pytest.approx(many.value[0], rel=1e-9, abs=1e-9)
            assert one.kind == many.kind[0]
            assert one.residual < 1e-8
    assert len(kinds) >= min(2, 1 + n - m)


def test_lagrange_leaves_to_the_longer_way_what_is_not_plain() -> None:
    f, g = mml.Function(lambda v: v @ v, 2), mml.Function(lambda v: v[0] + v[1] - 1, 2)
    for _ in range(2):
        twice = mml.lagrange(f, [g, g], [0.3, 0.1], raise_on_failure=False)  # dependent constraints
        assert mml.lagrange(f, g, [0.0, 0.0]).kind == "minimum"
        assert twice.kind in {"none", "minimum", "inconclusive"}
    for bad in ([np.nan, 0.0], [np.inf, 0.0], np.array([0.0, np.nan])):
        with pytest.raises(ValueError, match="x0"):
            mml.lagrange(f, g, bad)
    with pytest.raises(ValueError, match="tol"):
        mml.lagrange(f, g, [0.0, 0.0], tol=np.nan)
    with pytest.raises(ValueError, match="constraints"):
        mml.lagrange(f, (), [0.0, 0.0])
    assert mml.lagrange(f, iter([g]), [0.0, 0.0]).converged


def test_lagrange_several_constraints_and_kinds() -> None:
    """Eigenvectors are the stationary points of the quadratic form on the sphere: least, middle, most."""
    a = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 4.0]])
    values, vectors = np.linalg.eigh(a)
    found = mml.lagrange(lambda v: v @ a @ v, lambda v: v @ v - 1, vectors.T + 0.05)
    np.testing.assert_allclose(found.value, values, rtol=1e-10)
    np.testing.assert_allclose(found.multipliers[:, 0], values, rtol=1e-10)
    assert found.kind.tolist() == ["minimum", "saddle", "maximum"]
    line = mml.lagrange(
        lambda v: v @ v, [lambda v: v[0] + v[1] + v[2] - 3, lambda v: v[0] - v[1]], np.zeros(3)
    )
    np.testing.assert_allclose(line.x, [1, 1, 1], atol=1e-12)
    np.testing.assert_allclose(line.multipliers, [2, 0], atol=1e-12)
    assert line.kind == "minimum"
    # No point of the constraint: x^2 + y^2 = -1.
    with pytest.raises(mml.ConvergenceError, match="lagrange: ") as caught:
        mml.lagrange(lambda v: v[0], lambda v: v @ v + 1, [1.0, 1.0])
    nowhere = caught.value.result
    assert not nowhere.converged
    assert nowhere.kind == "none"


def test_equations_of_different_units() -> None:
    """Where rounding errors of one equation hide every decrease of the other, the root keeps its digits."""
    for t in (1e-16, 9e-18, 3.7e-22):
        for s in (2.0, 255.27, 3.8e-12):

            def f(x: Any, s: float = s, t: float = t) -> Any:
                return np.stack([t * (x[0] / s * x[1] / s - 2), x[0] / s - x[1] / s - 1])

            for shift in np.linspace(0, 0.5, 11):
                root = mml.newton(f, np.array([2.5 + shift, 0.6 - shift / 3]) * s)
                np.testing.assert_allclose(root.x / s, [2.0, 1.0], rtol=1e-9)


@pytest.mark.parametrize("n", [2, 6])
@pytest.mark.parametrize("unit", [1e-250, 1e-200, 1e-100, 1e100, 1e150])
def test_values_whose_squares_leave_the_range(n: int, unit: float) -> None:
    """Where squares vanish, a start is no root; where they are infinite, values are finite nevertheless."""
    found = mml.newton(lambda x: unit * (x * x - np.arange(2, n + 2)), np.arange(1.0, n + 1))
    np.testing.assert_allclose(found.x, np.sqrt(np.arange(2, n + 2)), rtol=1e-14)
    starts = np.ones((9, n))
    found = mml.newton(lambda x: unit * (x * x + 1), starts)
    assert not found.converged.any()
    assert (found.residual > 0.5 * unit).all()


def test_lagrange_constraints_in_units_of_their_own() -> None:
    """The rank of constraints in units 1e16 apart was taken for smaller, and directions that leave them were looked along."""

    def first(x: np.ndarray) -> np.ndarray:
        return 1e8 * (x[0] + 2 * x[1] - x[2] - 1)

    def second(x: np.ndarray) -> np.ndarray:
        return 1e-8 * (x[0] - x[1] + x[2])

    for sign, kind in ((1, "minimum"), (-1, "maximum")):
        found = mml.lagrange(
            lambda x, s=sign: s * (3 * x[0] ** 2 + x[1] ** 2 - x[2] ** 2 / 4),
            [first, second],
            np.array([0.3, -0.2, 1.0]),
        )
        assert found.kind == kind


def test_lagrange_vectors_of_constraints() -> None:
    x0 = [3.0, 1.0, 1.0]
    found = mml.lagrange(lambda x: x @ x, lambda x: [x[0] + x[1] - 1, x[1] - x[2]], x0)
    parts = mml.lagrange(lambda x: x @ x, [lambda x: x[0] + x[1] - 1, lambda x: x[1] - x[2]], x0)
    np.testing.assert_allclose(found.x, parts.x, rtol=1e-14)
    np.testing.assert_allclose(found.multipliers, parts.multipliers, rtol=1e-13)
    with pytest.raises(ValueError, match="got 3, needed at least 1 and at most 2"):
        mml.lagrange(lambda x: x @ x, lambda x: np.stack([x[0], x[1], x[0] - x[1]]), [1.0, 2.0])


def test_lagrange_where_f_is_none() -> None:
    """1 / x is a number at -1, where log(x) is none."""
    for _ in range(2):  # and by the compiled way, which takes functions that were used before
        with pytest.raises(mml.ConvergenceError, match="not finite"):
            mml.lagrange(_logarithm, _difference, [-1.0, -1.0])
    found = mml.lagrange(_logarithm, _difference, [[-1.0, -1.0]])
    assert (found.kind.tolist(), found.status.tolist()) == (["none"], [-1])


def _logarithm(x: np.ndarray) -> np.ndarray:
    return np.log(x[0]) + x[1]


def _difference(x: np.ndarray) -> np.ndarray:
    return x[0] - x[1]
