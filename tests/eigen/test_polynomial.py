"""Characteristic polynomials against exact fractions, and diagonalization in any units."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mmlcore as mml


def exact(a):
    """The recurrence of Leverrier and Faddeev in fractions."""
    n = len(a)
    a = [[Fraction(float(x)) for x in row] for row in a]
    power = [[Fraction(0)] * n for _ in range(n)]
    found = [Fraction(1)]
    for k in range(1, n + 1):
        power = [
            [
                sum(a[i][l] * power[l][j] for l in range(n)) + (found[-1] if i == j else 0)
                for j in range(n)
            ]
            for i in range(n)
        ]
        trace = sum(a[i][l] * power[l][i] for i in range(n) for l in range(n))
        found.append(-trace / k)
    return np.array([float(c) for c in found])


def hilbert(n):
    return 1 / (np.add.outer(np.arange(n), np.arange(n)) + 1.0)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 8, 10, 12])
def test_coefficients_are_rounded_once(n, dtype, rng):
    for a in (
        hilbert(n),
        rng.standard_normal((n, n)),
        rng.standard_normal((n, n)) * 10.0 ** rng.integers(-9, 9, n),
        rng.integers(-9, 9, (n, n)),
    ):
        given = np.asarray(a, dtype)
        with np.errstate(over="ignore"):
            expected = exact(given).astype(dtype)
        if np.isfinite(expected).all():
            np.testing.assert_array_equal(mml.characteristic_polynomial(given), expected)


def test_published_values():
    np.testing.assert_array_equal(
        mml.characteristic_polynomial(np.diag([1e9, 1e-9])), [1, -1e9 - 1e-9, 1e9 * 1e-9]
    )
    last = mml.characteristic_polynomial(hilbert(6))[-1]
    assert last == pytest.approx(1 / 186313420339200000, rel=1e-9)  # the inverse is a whole number


@pytest.mark.parametrize("n", [13, 30])
def test_from_eigenvalues(n, rng):
    roots = rng.uniform(0.5, 2, n)
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    found = mml.characteristic_polynomial([(q * roots) @ q.T] * 2)
    assert found.shape == (2, n + 1)
    np.testing.assert_allclose(found, np.tile(np.poly(roots), (2, 1)), rtol=1e-10)


def test_shapes_and_errors(rng):
    a = rng.standard_normal((2, 3, 4, 4))
    found = mml.characteristic_polynomial(a)
    assert found.shape == (2, 3, 5)
    np.testing.assert_array_equal(found[1, 2], mml.characteristic_polynomial(a[1, 2]))
    assert mml.characteristic_polynomial(np.ones((3, 0, 0))).tolist() == [[1]] * 3
    assert mml.characteristic_polynomial(np.ones((0, 2, 2))).shape == (0, 3)
    for n in (2, 20):
        with pytest.raises(ValueError, match="A: a coefficient leaves the range of float64"):
            mml.characteristic_polynomial(1e200 * np.eye(n))


UNITS = [
    [[0, 1e-8], [1e8, 0]],
    [[1, 1e8], [0, 2]],
    [[1, 1e150], [0, 2]],
    [[1, 1e8, 1e20], [0, 2, 1e8], [0, 0, 3]],
    [[2, 1e-9], [1e9, 3]],
    [[0, -1e-8], [1e8, 0]],
]


@pytest.mark.parametrize("a", UNITS)
def test_distinct_eigenvalues_in_any_units(a):
    a = np.array(a, float)
    p, d, inverse = mml.diagonalize(a)
    np.testing.assert_allclose(np.linalg.norm(p, axis=0), 1)
    np.testing.assert_allclose(inverse @ p, np.eye(len(a)), atol=1e-12)
    product = p @ d @ inverse
    weights = np.abs(p) @ np.abs(d) @ np.abs(inverse)
    assert (np.abs(product - a) <= 1e-14 * weights).all()


@pytest.mark.parametrize(
    "a",
    [
        [[1, 1], [0, 1]],
        [[1, 1e8], [0, 1]],
        [[0, 1e8], [0, 0]],
        [[1, 1e-3], [0, 1]],
        [[2, 1e9, 0], [0, 2, 0], [0, 0, 3]],
        [[1e200, 1e200], [0, 1e200]],
    ],
)
def test_defective_in_any_units(a):
    with pytest.raises(mml.DefectiveMatrixError):
        mml.diagonalize(a)


def test_stacks_of_any_kind():
    a = [[[1, 2], [2, 3.0]], [[0, 1], [-1, 0]], [[0, 1e-8], [1e8, 0]], [[2, 1], [0, 3]]]
    p, d, inverse = mml.diagonalize(np.reshape(a, (2, 2, 2, 2)))
    assert p.dtype == complex
    for i in range(4):
        one = mml.diagonalize(a[i])
        for found, expected in zip((p, d, inverse), one, strict=True):
            np.testing.assert_allclose(found[i // 2, i % 2], expected, rtol=1e-12, atol=1e-300)
    assert mml.diagonalize(np.ones((0, 2, 2))).P.shape == (0, 2, 2)
    assert mml.diagonalize(np.ones((2, 0, 0))).D.shape == (2, 0, 0)
