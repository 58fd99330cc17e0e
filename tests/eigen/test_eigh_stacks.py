"""Stacks of small symmetric matrices, held to LAPACK's own bounds over its types of matrices."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

COUNT = 70  # some full groups of lanes and one that is not

KINDS = (
    "random",
    "clustered",
    "graded",
    "two values",
    "integers",
    "zero",
    "identity",
    "ones",
    "diagonal",
    "huge",
    "tiny",
)


def symmetric(kind, n, rng):
    """COUNT matrices of a kind."""
    q = np.linalg.qr(rng.standard_normal((COUNT, n, n)))[0]

    def with_values(values):
        return q @ (values[..., None] * np.swapaxes(q, -1, -2))

    random = rng.standard_normal((COUNT, n))
    return {
        "random": with_values(random),
        "clustered": with_values(1 + 1e-9 * random),
        "graded": with_values(np.geomspace(1, 1e-14, n)),
        "two values": with_values(np.where(np.arange(n) % 2, 1.0, -1)),
        "integers": rng.integers(-1, 2, (COUNT, n, n)).astype(float),
        "zero": np.zeros((COUNT, n, n)),
        "identity": np.broadcast_to(np.eye(n), (COUNT, n, n)),
        "ones": np.ones((COUNT, n, n)),
        "diagonal": np.eye(n) * random[:, None],
        "huge": 1e37 * q,
        "tiny": 1e-36 * q,
    }[kind]


def ratios(a, values, vectors):
    """LAPACK's dsyt21: |A V - V D| / (n |A| u), |I - V'V| / (n u), and the values against LAPACK's own."""
    n, u = a.shape[-1], np.finfo(a.dtype).eps
    lower = np.tril(a).astype(np.longdouble)
    exact = lower + np.swapaxes(np.tril(lower, -1), -1, -2)
    size = np.abs(exact).sum(axis=-1).max(axis=-1)
    size = np.where(size > 0, size, 1)
    v, w = vectors.astype(np.longdouble), values.astype(np.longdouble)
    gap = np.abs(exact @ v - v * w[..., None, :]).max(axis=(-1, -2)) / (n * size * u)
    loss = np.abs(np.swapaxes(v, -1, -2) @ v - np.eye(n)).max() / (n * u)
    drift = np.abs(np.linalg.eigvalsh(a) - values).max(axis=-1) / (n * size * u)
    return gap.max(), loss, drift.max()


@pytest.mark.parametrize("n", range(2, 17))
@pytest.mark.parametrize("kind", KINDS)
def test_bounds(kind, n, dtype, rng):
    a = symmetric(kind, n, rng).astype(dtype)
    values, vectors = mml.eigh(a)
    assert (values.dtype, vectors.dtype) == (dtype, dtype)
    assert max(ratios(a, values, vectors)) < 5  # LAPACK accepts 30
    assert (np.diff(values, axis=-1) >= 0).all()
    top = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=-2)[..., None, :], axis=-2)
    assert (top > 0).all()


@pytest.mark.parametrize("scale", [1e-310, 1e-300, 1e300])
def test_scales_of_float64(scale, rng):
    a = rng.standard_normal((20, 5, 5))
    near, far = mml.eigh(a), mml.eigh(a * scale)
    np.testing.assert_allclose(far.values, near.values * scale, rtol=1e-8)


def test_only_the_lower_triangle_counts(layout, dtype, rng):
    a = rng.standard_normal((11, 4, 4)).astype(dtype)
    garbage = a + np.triu(np.full((4, 4), 7, dtype), 1)
    np.testing.assert_array_equal(mml.eigh(garbage).values, mml.eigh(a).values)
    np.testing.assert_array_equal(mml.eigh(layout(a)).vectors, mml.eigh(a).vectors)


def test_shapes_and_threads(rng):
    a = rng.standard_normal((3, 40, 6, 6))
    values, vectors = mml.eigh(a)
    assert (values.shape, vectors.shape) == ((3, 40, 6), (3, 40, 6, 6))
    with mml.threads(1):
        np.testing.assert_array_equal(mml.eigh(a).vectors, vectors)
    np.testing.assert_allclose(mml.eigh(a[0, 0]).values, values[0, 0], atol=1e-13)
    assert mml.eigh(np.zeros((0, 3, 3))).values.shape == (0, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_names_the_item_with_nan(bad, dtype):
    a = np.broadcast_to(np.eye(3, dtype=dtype), (50, 3, 3)).copy()
    a[37, 2, 0] = bad
    a[41] = bad
    with pytest.raises(ValueError, match=r"A: contains NaN or infinity.*37"):
        mml.eigh(a)
