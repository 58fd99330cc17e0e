"""Elimination near the ends of the range: what leaves it on the way does not count, against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import mmlcore as mml


def exact_determinant(a):
    """By Laplace's expansion, without rounding."""
    if len(a) == 0:
        return Fraction(1)
    rest = [row[1:] for row in a]
    return sum(
        (-1) ** i * a[i][0] * exact_determinant(rest[:i] + rest[i + 1 :])
        for i in range(len(a))
        if a[i][0]
    ) or Fraction(0)


def logarithm(x):
    """The logarithm of |x| of any size."""
    return math.log(abs(x.numerator)) - math.log(x.denominator)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize("spread", [0, 0.3, 0.6, 0.9])
def test_slogdet_in_units_of_any_size(n, spread, dtype, rng):
    most = int(spread * np.finfo(dtype).maxexp)
    for _ in range(20):
        a = rng.integers(-4, 5, (n, n))
        units = rng.integers(-most // 2, most // 2 + 1, (2, n))
        exact = exact_determinant([[Fraction(int(x)) for x in row] for row in a])
        scaled = np.ldexp(a.astype(dtype), units[0][:, None] + units[1])
        for sign, size in (
            mml.slogdet(scaled),
            [x[1] for x in mml.slogdet(np.stack([scaled] * 3))],
        ):
            if exact == 0:
                assert sign == 0 or size < math.log(1e-5) + units.sum() * math.log(2)
                continue
            assert sign == (1 if exact > 0 else -1)
            expected = logarithm(exact) + units.sum() * math.log(2)
            assert size == pytest.approx(
                expected, abs=1e3 * np.finfo(dtype).eps * (1 + abs(expected))
            )
        value = mml.determinant(scaled)
        with np.errstate(over="ignore"):
            expected = np.ldexp(float(exact), int(units.sum())).astype(dtype)
        if exact != 0:
            limits = np.finfo(dtype)
            close = 1e3 * float(limits.eps)
            assert value == pytest.approx(float(expected), rel=close, abs=float(limits.tiny))


@pytest.mark.parametrize("complex_", [False, True])
def test_determinants_whose_factors_leave_the_range(complex_):
    for entries, value in [
        ([1e100, 1e-250], 1e-150),
        ([1e200, 1e200, 1e-300], 1e100),
        ([1e-200, 1e-200, 1e300], 1e-100),
        ([1e-320, 1e300], 1e-20),
        ([1e308, 1e308, 1e-308, 1e-308], 1.0),
    ]:
        a = np.diag(entries) * (1 + 0j if complex_ else 1)
        exact = float(math.prod(map(Fraction, entries)))
        assert exact == pytest.approx(value, rel=1e-3)
        assert mml.determinant(a) == pytest.approx(exact, rel=1e-13)
        np.testing.assert_allclose(mml.determinant(np.stack([a] * 5)), exact, rtol=1e-13)
        sign, size = mml.slogdet(a)
        assert sign == pytest.approx(1)
        assert size == pytest.approx(math.log(exact), abs=1e-12)
    assert mml.determinant(np.diag([1e200, 1e200])) == np.inf
    assert mml.determinant(np.diag([1e-200, 1e-200])) == 0
    assert mml.slogdet([[1.0, 2.0], [2.0, 4.0]]) == (0, -np.inf)


@pytest.mark.parametrize("n", [30, 100])
def test_large_determinants_in_units_of_any_size(n, rng):
    a = rng.standard_normal((n, n))
    rows, columns = (rng.integers(-900, 0, n), rng.integers(-90, 900, n))
    scaled = np.ldexp(a, rows[:, None] + columns)
    sign, size = mml.slogdet(scaled)
    expected = np.linalg.slogdet(a)
    assert sign == expected.sign
    total = float(rows.sum() + columns.sum())
    assert size == pytest.approx(expected.logabsdet + total * math.log(2), rel=1e-12)


@pytest.mark.parametrize("n", [2, 3, 6, 16, 17, 40, 70])
@pytest.mark.parametrize("stacked", [False, True])
def test_lu_of_singular_matrices(n, stacked, dtype, rng):
    for _ in range(40):
        a = rng.integers(-1, 2, (n + int(rng.integers(-1, 2)), n)).astype(dtype)
        a[:, n // 2] = a[:, 0]
        a[:, n - 1] = 0
        perm, lower, upper = mml.lu(np.stack([a] * 2))[:] if stacked else mml.lu(a)
        if stacked:
            perm, lower, upper = perm[1], lower[1], upper[1]
        assert np.abs(a[perm] - lower @ upper).max() <= 4 * n * np.finfo(dtype).eps * n
        assert np.abs(lower).max() <= 1
        assert not np.tril(upper, -1).any()


HUGE = np.array([[1e308, 1e308], [1e308, -1e308]])


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("stacked", [False, True])
def test_solutions_behind_an_overflow(kind, stacked):
    a, b = HUGE.astype(kind), np.array([[1e308], [0]])
    if stacked:
        a, b = np.stack([a] * 9), np.stack([b] * 9)
    np.testing.assert_allclose(mml.solve(a, b), np.broadcast_to(0.5, b.shape), rtol=1e-15)
    inverse = mml.inverse(a)
    expected = [[5e-309, 5e-309], [5e-309, -5e-309]]
    np.testing.assert_allclose(inverse, np.broadcast_to(expected, a.shape), atol=1e-323)


def test_solutions_in_float32():
    a = np.array([[3e38, 3e38], [3e38, -3e38]], np.float32)
    for stack in (a, np.stack([a] * 9)):
        right = np.broadcast_to(np.array([[3e38], [0]], np.float32), (*stack.shape[:-1], 1))
        np.testing.assert_allclose(mml.solve(stack, right), np.full(right.shape, 0.5), rtol=1e-6)


@pytest.mark.parametrize("n", [2, 5, 16, 17, 60])
@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("kind", [float, complex])
def test_units_change_no_digit_of_a_solution(n, count, kind, rng):
    """Powers of two in rows and columns: the solution is that of the plain system, scaled."""
    a, b = rng.standard_normal((count, n, n)), rng.standard_normal((count, n, 2))
    a += 3 * np.eye(n)
    rows, columns = rng.integers(-500, 500, (2, n))
    scaled = np.ldexp(a, rows[:, None] + columns).astype(kind)
    x = mml.solve(scaled, np.ldexp(b, rows[:, None] // 2 * 2).astype(kind))
    expected = np.linalg.solve(a, np.ldexp(b, (rows[:, None] // 2 * 2) - rows[:, None]))
    np.testing.assert_allclose(x, np.ldexp(expected, -columns[:, None]), rtol=1e-9)


def test_matrices_that_only_look_singular():
    """The second pivot is -1e-400, below all numbers."""
    np.testing.assert_allclose(
        mml.solve([[1.0, 1e-200], [1e-200, 0.0]], [1e-200, 1e-300]), [1e-100, -1e100], rtol=1e-14
    )
    np.testing.assert_allclose(
        mml.solve(np.diag([1e-310, 1e300]), [1e-310, 1e300]), [1, 1], rtol=1e-14
    )
    sign, size = mml.slogdet([[1.0, 1e-200], [1e-200, 0.0]])
    assert (sign, size) == (-1, pytest.approx(-400 * math.log(10)))
    with pytest.raises(mml.SingularMatrixError):
        mml.solve([[1e308, 1e308], [1e308, 1e308]], [1.0, 2.0])
    with pytest.raises(mml.SingularMatrixError, match="overflows"):
        mml.inverse(1e-310 * np.eye(3))


@pytest.mark.parametrize("scale", [2.0**-1070, 1e-300, 1e300, 2e307])
def test_echelon_forms_at_every_scale(scale):
    a = np.array([[1.0, 2, 3], [2, 4, 1], [3, 6, 4]]) * scale
    found = mml.row_echelon(a, reduced=True)
    np.testing.assert_allclose(found.matrix, [[1, 2, 0], [0, 0, 1], [0, 0, 0]], atol=1e-6)
    assert (found.pivots, found.rank) == ((0, 2), 2)
    assert mml.row_echelon(np.stack([a] * 3)).rank.tolist() == [2, 2, 2]


def test_echelon_forms_that_overflow():
    found = mml.row_echelon(HUGE, reduced=True, steps=True)
    np.testing.assert_array_equal(found.matrix, np.eye(2))
    assert found.rank == 2
    with pytest.raises(ValueError, match="A: elimination leaves the range"):
        mml.row_echelon(HUGE)  # its second pivot is -2e308


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1.0, 1e200, 1.7e308])
@pytest.mark.parametrize("stacked", [False, True])
def test_ranks_at_every_scale(scale, stacked):
    one = scale * np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 0]])
    full = scale * np.eye(3)
    a, b = (np.stack([x, np.eye(3)]) if stacked else x for x in (one, full))
    first = (lambda x: x[0]) if stacked else (lambda x: x)
    assert first(mml.rank(a)) == 2
    assert first(mml.is_singular(a))
    assert not first(mml.is_singular(b))
    assert first(mml.condition(b)) == 1
    assert first(mml.is_independent(b))
    assert not first(mml.is_independent(a))
    null = mml.null_space(one)
    np.testing.assert_allclose(null, np.array([[1], [1], [-1]]) / 3**0.5, rtol=1e-6)


def test_the_null_space_of_a_tall_matrix_takes_no_square(rng):
    tracemalloc = pytest.importorskip("tracemalloc")
    a = rng.standard_normal((6000, 3)) @ [[1, 0, 1], [0, 1, 1], [0, 0, 0]]
    tracemalloc.start()
    basis = mml.null_space(a)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6  # the full left factor has 288 MB
    assert np.abs(a @ basis).max() < 1e-12
