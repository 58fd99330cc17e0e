"""Eigenvalues near the ends of the range: the number, or an error that says so."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

FULL = np.full((2, 2), 1.7e308)  # eigenvalues 0 and 3.4e308

CALLS = {
    "eigh": lambda a: mml.eigh(a).values,
    "eigh_stack": lambda a: mml.eigh(np.stack([a] * 3)).values[1],
    "eigvals": mml.eigvals,
    "eig": lambda a: mml.eig(a).values,
    "top_eigh": lambda a: mml.top_eigh(a, 1).values,
    "top_eigh_stack": lambda a: mml.top_eigh(np.stack([a] * 3), 1).values[1],
    "power_iteration": lambda a: np.array([mml.power_iteration(a).value]),
    "diagonalize": lambda a: mml.diagonalize(a).D.diagonal(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("fill", [0, 20])
def test_values_that_leave_the_range(call, fill):
    a = np.pad(FULL, (0, fill))
    with pytest.raises(ValueError, match=r"A: .* leaves the range of"):
        call(a)
    values = call(a / 4)
    assert values.max() == pytest.approx(8.5e307, rel=1e-14)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("power", [-1060, -1000, -500, 500, 1000, 1022])
def test_powers_of_two_change_no_digit(call, power):
    a = np.array([[2.0, 1.0], [1.0, 1.5]]) / 4
    expected = call(a)
    found = call(np.ldexp(a, power))
    np.testing.assert_allclose(
        found, np.ldexp(expected, power), rtol=1e-15 if power > -1000 else 1e-3
    )


def test_float32():
    with pytest.raises(ValueError, match="leaves the range of"):
        mml.eigh(np.full((2, 2), 3e38, np.float32))
    with pytest.raises(ValueError, match="leaves the range of float32"):
        mml.top_eigh(np.full((2, 2), 3e38, np.float32), 1)
    assert mml.eigh(np.eye(3, dtype=np.float32) * np.float32(1e-44)).values[0] > 0


@pytest.mark.parametrize("n", [2, 8, 9, 16, 17, 40])
@pytest.mark.parametrize("junk", [np.nan, np.inf, 1e308])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.complex128])
def test_only_the_lower_triangle_is_read(n, junk, kind, rng):
    a = rng.standard_normal((n, n)).astype(kind)
    a = a + a.T
    with np.errstate(over="ignore"):
        spoilt = np.where(np.triu(np.ones((n, n), bool), 1), np.array(junk).astype(kind), a)
    for given, expected in [(spoilt, a), (spoilt[None], a[None])]:
        found, right = mml.eigh(given), mml.eigh(expected)
        np.testing.assert_allclose(found.values, right.values, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found.vectors, right.vectors, atol=1e-3)
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.eigh(np.where(a == a[n - 1, 0], np.nan, a))


@pytest.mark.parametrize("n", range(2, 20))
def test_one_convention_of_signs(n, dtype, rng):
    """Single and stacked, dense and sparse, real and complex, by any route."""
    a = rng.standard_normal((n, n)).astype(dtype)
    a = a + a.T
    expected = mml.eigh(a).vectors
    tops = expected[np.abs(expected).argmax(axis=0), np.arange(n)]
    assert (tops > 0).all()
    atol = 1e-3 if dtype == np.float32 else 1e-9
    routes = {
        "stack": mml.eigh(a[None]).vectors[0],
        "complex": mml.eigh(a.astype(complex)).vectors,
        "top": mml.top_eigh(a, n).vectors[:, ::-1],
        "callable": mml.top_eigh(lambda v: a.astype(float) @ v, n, shape=a.shape).vectors[:, ::-1],
        "diagonalize": mml.diagonalize(a).P,
        "eig": mml.eig(a).vectors[:, np.argsort(mml.eig(a).values)],
    }
    for name, vectors in routes.items():
        np.testing.assert_allclose(vectors, expected, atol=atol, err_msg=name)


@pytest.mark.parametrize("n", [2, 6, 12, 18])
def test_signs_where_entries_tie(n):
    """A cycle of differences has entries of equal size in many vectors: the first of them is positive on every route."""
    a = np.kron(np.array([[2.0, -1.0], [-1.0, 2.0]]), np.diag(np.arange(1.0, n // 2 + 1)))
    single, stacked = mml.eigh(a).vectors, mml.eigh(a[None]).vectors[0]
    for scale in (1.0, 3.0, 1e-5):
        for vectors in (single, stacked, mml.eigh(a * scale).vectors):
            size = np.abs(vectors)
            first = (size >= size.max(axis=0) * (1 - 1e-8)).argmax(axis=0)
            assert (vectors[first, np.arange(len(a))] > 0).all()
