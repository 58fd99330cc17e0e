"""The route for more dimensions than points: its kernel against numpy, its accuracy far from the origin."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core


def dual_scatter(x):
    mean, inner = np.empty(x.shape[1]), np.empty((len(x), len(x)))
    _core.dual_scatter(x, mean, inner)
    return mean, inner


@pytest.mark.parametrize("n", [1, 2, 31, 48, 70, 129, 200])
@pytest.mark.parametrize("d", [1, 63, 64, 1100])
def test_kernel_against_numpy(n, d, dtype, rng):
    x = (rng.standard_normal((n, d)) + 100).astype(dtype)
    mean, inner = dual_scatter(x)
    exact = x.astype(np.longdouble)
    centred = exact - exact.mean(axis=0)
    u = np.finfo(dtype).eps
    np.testing.assert_allclose(mean, exact.mean(axis=0).astype(float), rtol=u)
    np.testing.assert_allclose(
        inner, (centred @ centred.T).astype(float), atol=100 * u * np.sqrt(d) + 1e-300
    )
    np.testing.assert_array_equal(inner, inner.T)


@pytest.mark.parametrize("n", [20, 150])
def test_kernel_layouts_and_threads(n, layout, rng):
    x = rng.standard_normal((n, 900))
    _, expected = dual_scatter(x)
    seen = layout(x)
    if seen.dtype.isnative and seen.flags.aligned:
        np.testing.assert_array_equal(dual_scatter(seen)[1], expected)
    with mml.threads(1):
        np.testing.assert_array_equal(dual_scatter(x)[1], expected)


@pytest.mark.parametrize("n", [30, 120])
def test_far_from_the_origin(n, dtype, rng):
    """A mean of 1e5 (float64: 1e8) deviations costs only the digits that the data have lost."""
    offset = 1e4 if dtype == np.float32 else 1e8
    x = (rng.standard_normal((n, 3000)) * np.linspace(0.5, 4, n)[:, None] + offset).astype(dtype)
    exact = x.astype(np.longdouble)
    centred = (exact - exact.mean(axis=0)).astype(float)
    pca = mml.PCA(4, solver="dual").fit(x)
    s, rows = np.linalg.svd(centred, full_matrices=False)[1:]
    u = np.finfo(dtype).eps
    np.testing.assert_allclose(pca.singular_values_, s[:4], rtol=50 * u)
    overlap = np.linalg.svd(pca.components_ @ rows[:4].T, compute_uv=False)
    np.testing.assert_allclose(overlap, 1, atol=1e3 * u)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_names_the_bad_column(bad, dtype):
    x = np.ones((20, 700), dtype)
    x[3, 411] = bad
    with pytest.raises(ValueError, match="column 411"):
        mml.PCA(2, solver="dual").fit(x)
