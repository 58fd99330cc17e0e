"""solve against the definition of backward stability, and against numpy's rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml


def backward_error(a, x, b):
    """max |A x - b| / (|A| |x| + |b|) in units of rounding: what LAPACK's test program calls the residual."""
    residual = np.abs(a.astype(np.longdouble) @ x.astype(np.longdouble) - b)
    scale = np.abs(a).sum(axis=-1).max(axis=-1) * np.abs(x).max(axis=(-1, -2)) + np.abs(b).max(
        axis=(-1, -2)
    )
    worst = residual.max(axis=(-1, -2)) / np.maximum(scale, np.finfo(x.dtype).tiny)
    return float(worst.max(initial=0)) / np.finfo(x.dtype).eps


@pytest.mark.parametrize(
    "n", [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 31, 48, 49, 64, 100, 128, 257, 512]
)
@pytest.mark.parametrize("k", [1, 3, 40])
def test_sizes(n, k, dtype, rng):
    a, b = rng.standard_normal((n, n)).astype(dtype), rng.standard_normal((n, k)).astype(dtype)
    x = mml.solve(a, b)
    assert x.dtype == dtype
    assert x.shape == (n, k)
    assert backward_error(a, x, b) < 30


@pytest.mark.parametrize("n", range(1, 35))
def test_small_systems_with_many_sides(n, layout, dtype, rng):
    """A kernel for one side, for some, in whole and in broken vectors, and what goes on beyond them."""
    a = rng.standard_normal((n, n)).astype(dtype)
    for k in (2, 7, 8, 9, 16, 26, 31, 33, 64, 65):
        b = rng.standard_normal((n, k)).astype(dtype)
        x = mml.solve(layout(a), layout(b))
        assert x.shape == (n, k)
        assert backward_error(a, x, b) < 30
    huge = a * dtype(1e30 if dtype == np.float32 else 1e290)
    assert backward_error(huge, mml.solve(huge, b), b) < 30
    with pytest.raises(mml.SingularMatrixError):
        mml.solve(np.diag((np.arange(n) > 0).astype(dtype)), b)
    b[0, -1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        mml.solve(np.eye(n, dtype=dtype), b)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8, 11, 16, 17, 40])
@pytest.mark.parametrize("count", [1, 5, 8, 16, 17, 200])
def test_stacks(n, count, layout, dtype, rng):
    a, b = (
        rng.standard_normal((count, n, n)).astype(dtype),
        rng.standard_normal((count, n, 2)).astype(dtype),
    )
    x = mml.solve(layout(a), layout(b))
    assert backward_error(a, x, b) < 30


@pytest.mark.parametrize("n", [3, 30, 150])
def test_memory_orders(n, layout, dtype, rng):
    a, b = rng.standard_normal((n, n)).astype(dtype), rng.standard_normal((n, 3)).astype(dtype)
    assert backward_error(a, mml.solve(layout(a), layout(b)), b) < 30


@pytest.mark.parametrize(
    ("sa", "sb"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((4, 3, 3), (3,)),
        ((4, 3, 3), (4, 3, 1)),
        ((3, 3), (5, 3, 2)),
        ((2, 1, 3, 3), (4, 3, 2)),
        ((0, 3, 3), (0, 3, 2)),
        ((0, 0), (0,)),
        ((0, 0), (0, 4)),
        ((3, 3), (3, 0)),
        ((2, 20, 20), (20, 1)),
    ],
)
def test_shapes_are_numpys(sa, sb, rng):
    a, b = rng.standard_normal(sa) + 5 * np.eye(sa[-1]), rng.standard_normal(sb)
    expected = np.linalg.solve(a, b)
    x = mml.solve(a, b)
    assert x.shape == expected.shape
    np.testing.assert_allclose(x, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 6, 12, 16, 20, 70])
def test_needs_pivoting(n, dtype, rng):
    a = rng.standard_normal((50, n, n)).astype(dtype)
    a[:, np.arange(n), np.arange(n)] = 0
    a[:, 0, 0] = 1e-7
    b = rng.standard_normal((50, n, 1)).astype(dtype)
    assert backward_error(a, mml.solve(a, b), b) < 30
    assert backward_error(a[0], mml.solve(a[0], b[0]), b[0]) < 30


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
@pytest.mark.parametrize("n", [3, 14, 60])
def test_extreme_scales(n, scale, rng):
    a, x = rng.standard_normal((n, n)), rng.standard_normal(n)
    np.testing.assert_allclose(mml.solve(a * scale, (a @ x) * scale), x, rtol=1e-6)


def test_hilbert_is_as_good_as_lapack():
    a = 1 / (np.arange(10)[:, None] + np.arange(10) + 1.0)
    b = a @ np.ones(10)
    assert backward_error(a, mml.solve(a, b)[:, None], b[:, None]) < 10


@pytest.mark.parametrize("n", [2, 3, 5, 13, 16, 30, 100])
@pytest.mark.parametrize("count", [1, 30])
def test_singular(n, count):
    a = np.tile(np.eye(n), (count, 1, 1))
    a[-1, -1, -1] = 0
    where = "" if count == 1 else r" \(matrix 29 of the batch\)"
    with pytest.raises(mml.SingularMatrixError, match=f"A: singular matrix{where}"):
        mml.solve(a, np.ones((count, n, 1)))
    with pytest.raises(np.linalg.LinAlgError):
        mml.solve(a[-1], np.ones(n))


def test_overflow_is_not_an_answer():
    for n in (1, 3, 20, 60):
        with pytest.raises(mml.SingularMatrixError, match="overflows"):
            mml.solve(np.eye(n) * 1e-310, np.full(n, 1e5))


@pytest.mark.parametrize("n", [2, 9, 16, 30, 100])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(n, bad, dtype):
    a, b = np.eye(n, dtype=dtype), np.ones((n, 1), dtype)
    spoiled = a.copy()
    spoiled[n // 2, 0] = bad
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        mml.solve(spoiled, b)
    with pytest.raises(ValueError, match=r"A: contains NaN or infinity \(matrix 3 of the batch\)"):
        mml.solve(np.stack([a, a, a, spoiled, a, spoiled]), b)
    b[0] = bad
    with pytest.raises(ValueError, match="b: contains NaN or infinity"):
        mml.solve(a, b)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones((2, 3)), np.ones(2), r"A: got shape \(2, 3\), needed square"),
        (np.eye(3), np.ones(2), r"b: got shape \(2,\), needed \(3,\) or \(..., 3, k\)"),
        (np.ones(3), np.ones(3), r"A: got shape \(3,\), needed at least 2 axes"),
        (np.eye(3), 1.0, r"b: got shape \(\)"),
        (np.ones((2, 3, 3)), np.ones((4, 3, 1)), "A and b: the leading axes do not broadcast"),
    ],
)
def test_bad_shapes(a, b, message):
    with pytest.raises(ValueError, match=message):
        mml.solve(a, b)


def test_inputs_are_not_modified(rng):
    for n in (3, 14, 40, 100):
        a, b = rng.standard_normal((n, n)), rng.standard_normal(n)
        before = a.copy(), b.copy()
        mml.solve(a, b)
        np.testing.assert_array_equal(a, before[0])
        np.testing.assert_array_equal(b, before[1])


@pytest.mark.parametrize("shape", [(300, 300), (1000, 8, 8), (60, 30, 30)])
def test_same_bits_for_every_number_of_threads(shape, dtype, rng):
    a, b = (
        rng.standard_normal(shape).astype(dtype),
        rng.standard_normal((*shape[:-1], 2)).astype(dtype),
    )
    results = []
    for n in (1, 2, 3, 7):
        with mml.threads(n):
            results.append(mml.solve(a, b))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


def test_reference(reference_case):
    inputs, expected = reference_case["inputs"], reference_case["expected"]
    calls = {
        "solve": lambda: mml.solve(inputs["A"], inputs["b"]),
        "det": lambda: mml.determinant(inputs["A"]),
        "is_singular": lambda: mml.is_singular(inputs["A"]),
        "rref": lambda: mml.row_echelon(inputs["A"], reduced=True).matrix,
    }
    got = calls[reference_case["operation"]]()
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 18), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_permutation_and_scaling(n, count, seed):
    """Rows of A and b may change places and be multiplied by powers of two."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((count, n, n)) + 3 * np.eye(n)
    b = rng.standard_normal((count, n, 1))
    order, scale = rng.permutation(n), 2.0 ** rng.integers(-30, 30, n)[:, None]
    x = mml.solve((a * scale)[:, order], (b * scale)[:, order])
    assert backward_error(a, x, b) < 1e4
