"""Stacks whose numbers have gaps, and pairs of equal vectors: several at once, as others are."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

LAYOUTS = {
    "rows": lambda a: a,
    "columns": np.asfortranarray,
    "seconds": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "thirds": lambda a: np.repeat(a, 3, 1)[:, 1::3],
    "backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "turned": lambda a: np.repeat(a, 2, 0).T.copy().T[::2],
}


@pytest.mark.parametrize("n", [1, 7, 9, 40, 333])
@pytest.mark.parametrize("d", [1, 2, 3, 5, 8, 9, 17, 48, 49])
@pytest.mark.parametrize("of_x", LAYOUTS)
def test_measures_of_all_layouts(of_x, n, d, dtype, rng):
    a, b = rng.standard_normal((2, n, d)).astype(dtype)
    wide_a, wide_b = a.astype(np.longdouble), b.astype(np.longdouble)
    aa, bb, ab = (wide_a**2).sum(1), (wide_b**2).sum(1), (wide_a * wide_b).sum(1)
    eps = 8 * float(np.finfo(dtype).eps)
    x = LAYOUTS[of_x](a)
    np.testing.assert_allclose(mml.length(x), np.sqrt(aa), rtol=eps)
    for layout in LAYOUTS.values():
        y = layout(b)
        sizes = np.sqrt(aa * bb)
        assert (abs(mml.inner(x, y) - ab) <= eps * sizes).all()
        assert (abs(mml.cosine(x, y) - ab / sizes) <= 2 * eps).all()
        gap = np.sqrt(((wide_a - wide_b) ** 2).sum(1))
        np.testing.assert_allclose(mml.distance(x, y), gap, rtol=eps)
        share = (ab / bb)[:, None] * wide_b
        assert (abs(mml.vector_projection(x, y) - share) <= eps * np.sqrt(aa)[:, None]).all()


@pytest.mark.parametrize("d", [1, 2, 3, 5, 12, 60])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_equal_vectors_and_zeros(layout, d, dtype, rng):
    """Zero is the distance of equal points alone, not of points whose squared gap vanishes."""
    a = rng.standard_normal((37, d)).astype(dtype)
    b = a.copy()
    tiny = np.finfo(dtype).smallest_subnormal
    a[5] = b[5] = 0
    b[5, -1] = tiny
    b[7, 0] = np.nextafter(a[7, 0], dtype(9))
    a[9] = np.nan
    found = mml.distance(LAYOUTS[layout](a), LAYOUTS[layout](b))
    assert found[5] == tiny
    assert found[7] == abs(b[7, 0] - a[7, 0])
    assert np.isnan(found[9])
    assert (np.delete(found, [5, 7, 9]) == 0).all()
    b[9] = np.finfo(dtype).max
    b[11] = 0
    lengths = mml.length(LAYOUTS[layout](b))
    assert lengths[5] == tiny
    assert lengths[11] == 0
    if d == 1:
        np.testing.assert_array_equal(lengths, abs(b[:, 0]))
