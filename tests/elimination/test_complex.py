"""LU and echelon forms of complex matrices, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

SHAPES = [(1, 1), (3, 3), (5, 3), (3, 5), (16, 16), (17, 40), (40, 17), (130, 130), (4, 3, 3)]
SHAPES += [(2, 3, 5, 2), (0, 3), (3, 0), (0, 4, 4)]


def draw(rng, shape, dtype=np.complex128):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_lu(shape, dtype, rng):
    a = draw(rng, shape, dtype)
    kept = a.copy()
    perm, lower, upper = mml.lu(a)
    np.testing.assert_array_equal(a, kept)
    k = min(shape[-2:])
    assert (lower.shape, upper.shape) == ((*a.shape[:-1], k), (*a.shape[:-2], k, a.shape[-1]))
    assert lower.dtype == upper.dtype == dtype
    assert (np.abs(lower) <= 1 + 4 * np.finfo(dtype).eps).all()
    np.testing.assert_array_equal(np.triu(lower, 1), 0)
    np.testing.assert_array_equal(np.tril(upper, -1), 0)
    rows = np.take_along_axis(a, perm[..., np.newaxis], axis=-2)
    bound = 10 * (k + 1) * np.finfo(dtype).eps * (np.abs(lower) @ np.abs(upper))
    assert (np.abs(lower @ upper - rows) <= bound).all()


def test_lu_of_orders_and_strides(rng):
    a = draw(rng, (20, 12))
    whole = mml.lu(a)
    gaps = np.full((20, 25), np.nan + 0j)
    gaps[:, 1::2] = a
    record = np.zeros((20, 12), [("x", np.complex128), ("y", np.float64)])
    record["x"] = a
    for same in (np.asfortranarray(a), gaps[:, 1::2], a[::-1][::-1], a.astype(">c16"), record["x"]):
        for got, right in zip(mml.lu(same), whole, strict=True):
            np.testing.assert_array_equal(got, right)
    out = tuple(np.empty_like(part) for part in whole)
    assert mml.lu(a, out=out).lower is out[1]
    np.testing.assert_array_equal(out[2], whole.upper)


def test_singular_matrices_have_factors():
    a = np.array([[1, 1j, 2], [1j, -1, 2j], [2, 2j, 1]])
    perm, lower, upper = mml.lu(a)
    np.testing.assert_allclose(lower @ upper, a[perm], atol=1e-15)
    assert np.count_nonzero(np.abs(np.diag(upper)) < 1e-15) == 1
    zero = mml.lu(np.zeros((3, 3), complex))
    np.testing.assert_array_equal(zero.upper, 0)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_lu_at_the_ends_of_the_range(scale):
    a = np.array([[2 + 1j, 1], [1, 3 - 1j]]) * scale
    perm, lower, upper = mml.lu(a)
    np.testing.assert_allclose(lower @ (upper / scale), a[perm] / scale, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_echelon(dtype, rng):
    basis = draw(rng, (7, 3), dtype)
    a = (basis @ draw(rng, (3, 6), dtype)).astype(dtype)
    found = mml.row_echelon(a, reduced=True)
    assert found.matrix.dtype == dtype
    assert (found.rank, found.pivots) == (3, (0, 1, 2))
    np.testing.assert_array_equal(found.matrix[:, :3], np.eye(7, 3))
    right = np.linalg.solve(a[:3, :3].astype(complex), a[:3, 3:].astype(complex))
    np.testing.assert_allclose(found.matrix[:3, 3:], right, atol=1e3 * np.finfo(dtype).eps)
    form = mml.row_echelon(a)
    np.testing.assert_array_equal(np.tril(form.matrix, -1), 0)
    np.testing.assert_array_equal(form.matrix[3:], 0)


def test_the_steps_lead_from_the_matrix_to_its_form(rng):
    a = draw(rng, (4, 5))
    found = mml.row_echelon(a, reduced=True, steps=True)
    work = a.copy()
    for kind, i, j, factor in found.steps:
        assert isinstance(factor, complex)
        if kind == "swap":
            work[[i, j]] = work[[j, i]]
        elif kind == "scale":
            work[i] *= factor
        else:
            work[i] += factor * work[j]
    np.testing.assert_allclose(work, found.matrix, atol=1e-13)


def test_echelon_of_a_stack(rng):
    a = draw(rng, (2, 3, 4, 5))
    found = mml.row_echelon(a)
    for at in np.ndindex(2, 3):
        one = mml.row_echelon(a[at])
        np.testing.assert_allclose(found.matrix[at], one.matrix, atol=1e-13)
    np.testing.assert_array_equal(found.rank, 4)


@pytest.mark.parametrize("call", [mml.lu, mml.row_echelon])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1j * np.inf])
def test_what_is_not_finite_is_refused_by_name(call, bad):
    a = np.ones((3, 2, 2), complex)
    a[1, 0, 1] = bad
    with pytest.raises(
        ValueError, match=r"^A: contains NaN or infinity \(matrix 1 of the batch\)\.$"
    ):
        call(a)
    with pytest.raises(ValueError, match=r"^A: contains NaN or infinity\.$"):
        call(a[1])
