"""The step of Lanczos: a vector made orthogonal to orthonormal rows."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core


@pytest.mark.parametrize(("m", "n"), [(0, 5), (1, 1), (3, 7), (6, 1024), (7, 5000), (40, 3000)])
def test_orthogonal_to_rounding(m, n, rng):
    rows = np.ascontiguousarray(np.linalg.qr(rng.standard_normal((n, m)))[0].T)
    v = rng.standard_normal(n)
    expected = v - rows.T @ (rows @ v)
    seen = []
    for count in (1, 2):
        with mml.threads(count):
            seen.append(v.copy())
            length = _core.orthogonalize(rows, seen[-1])
    np.testing.assert_array_equal(*seen)
    np.testing.assert_allclose(seen[0], expected, atol=1e-13 * np.linalg.norm(v))
    np.testing.assert_allclose(length, np.linalg.norm(seen[0]), rtol=1e-14)


def test_a_vector_almost_within(rng):
    """One pass would leave 1e-16 of what it started with: as long as what is left."""
    rows = np.ascontiguousarray(np.linalg.qr(rng.standard_normal((3000, 20)))[0].T)
    v = rows.T @ rng.standard_normal(20) + 1e-12 * rng.standard_normal(3000)
    length = _core.orthogonalize(rows, v)
    assert np.abs(rows @ v).max() <= 1e-15 * length * 10
