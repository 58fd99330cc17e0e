"""Echelon forms and what is decided by singular values."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

MAGIC = np.array([[16, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1.0]])


def replayed(a, steps):
    """The steps applied to A."""
    a = np.array(a, dtype=float)
    for kind, i, j, factor in steps:
        if kind == "swap":
            a[[i, j]] = a[[j, i]]
        elif kind == "scale":
            a[i] *= factor
        else:
            a[i] += factor * a[j]
    return a


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (3, 5), (5, 3), (20, 30), (0, 3), (3, 0)])
@pytest.mark.parametrize("lower_rank", [False, True])
@pytest.mark.parametrize("form", ["", "unit_pivots", "reduced"])
def test_the_form(shape, lower_rank, form, dtype, rng):
    m, n = shape
    full = min(m, n)
    r = full // 2 if lower_rank else full
    a = (rng.standard_normal((m, r)) @ rng.standard_normal((r, n))).astype(dtype)
    rtol = 1e-4 if dtype == np.float32 else 1e-12
    reduced = form == "reduced"
    options = {form: True} if form else {}
    found = mml.row_echelon(a, **options, steps=True, rtol=rtol)
    assert found.matrix.dtype == dtype
    assert found.rank == r == len(found.pivots)
    assert sum(step[0] == "swap" for step in found.steps) == found.swaps
    for row, column in enumerate(found.pivots):
        assert (found.matrix[row, :column] == 0).all()
        assert (found.matrix[row + 1 :, column] == 0).all()
        assert found.matrix[row, column] != 0
        if form:
            assert found.matrix[row, column] == 1
        if reduced:
            np.testing.assert_array_equal(found.matrix[:, column], np.eye(m)[row])
    assert (found.matrix[r:] == 0).all()
    np.testing.assert_allclose(
        replayed(a, found.steps), found.matrix, atol=1e-3 if dtype == np.float32 else 1e-9
    )


def test_stacks(rng):
    a = rng.standard_normal((2, 3, 4, 5))
    a[1, 2, 3] = a[1, 2, 0]
    stack = mml.row_echelon(a, reduced=True)
    np.testing.assert_array_equal(stack.rank, [[4, 4, 4], [4, 4, 3]])
    for k, one in enumerate(a.reshape(6, 4, 5)):
        single = mml.row_echelon(one, reduced=True)
        np.testing.assert_array_equal(stack.matrix.reshape(6, 4, 5)[k], single.matrix)
        assert stack.pivots[k] == single.pivots
    with pytest.raises(ValueError, match="steps: can be recorded for one matrix"):
        mml.row_echelon(a, steps=True)


def test_unit_pivots_of_stacks_and_complex_matrices(rng):
    a = rng.standard_normal((2, 3, 4, 5)) + 1j * rng.standard_normal((2, 3, 4, 5))
    a[1, 2, 3] = a[1, 2, 0]
    stack = mml.row_echelon(a, unit_pivots=True)
    for k, one in enumerate(a.reshape(6, 4, 5)):
        single = mml.row_echelon(one, unit_pivots=True)
        plain = mml.row_echelon(one)
        np.testing.assert_array_equal(stack.matrix.reshape(6, 4, 5)[k], single.matrix)
        assert stack.pivots[k] == single.pivots == plain.pivots
        for row, column in enumerate(plain.pivots):
            scaled = plain.matrix[row] / plain.matrix[row, column]
            np.testing.assert_allclose(single.matrix[row], scaled, rtol=1e-14)
    empty = mml.row_echelon(np.zeros((2, 0, 3)), unit_pivots=True)
    assert empty.matrix.shape == (2, 0, 3)


def test_steps_of_a_form_that_needs_nothing_but_unit_pivots():
    found = mml.row_echelon(2 * np.eye(2), unit_pivots=True, steps=True)
    assert found.steps == [("scale", 0, 0, 0.5), ("scale", 1, 1, 0.5)]
    with pytest.raises(ValueError, match="inverse of a pivot overflows"):
        mml.row_echelon(np.full((1, 1), 5e-324), unit_pivots=True, steps=True)
    assert mml.row_echelon(np.full((1, 1), 5e-324), unit_pivots=True).matrix == 1


def test_the_input_is_kept():
    a = np.array([[0.0, 1.0], [1.0, 0.0]])
    mml.row_echelon(a)
    mml.lu(a)
    np.testing.assert_array_equal(a, [[0, 1], [1, 0]])


def test_relative_decisions():
    assert mml.is_singular(MAGIC)
    assert mml.rank(MAGIC) == 3
    assert mml.row_echelon(MAGIC).rank == 3
    assert not mml.is_singular(1e-15 * np.eye(4))
    assert mml.row_echelon(1e-300 * np.eye(4)).rank == 4
    np.testing.assert_array_equal(mml.is_singular(np.stack([MAGIC, np.eye(4)])), [True, False])
    np.testing.assert_array_equal(mml.rank(np.stack([MAGIC, np.eye(4)])), [3, 4])
    assert mml.rank(np.zeros((3, 2))) == 0
    assert mml.is_singular(np.zeros((2, 2)))
    assert mml.rank(np.diag([1.0, 1e-3]), rtol=1e-2) == 1


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (0, 3), (3, 0), (1, 1)])
def test_null_space(shape, dtype, rng):
    m, n = shape
    r = min(m, n) // 2
    a = (rng.standard_normal((m, r)) @ rng.standard_normal((r, n))).astype(dtype)
    basis = mml.null_space(a, rtol=1e-4)
    assert basis.shape == (n, n - r)
    tol = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(a @ basis, 0, atol=tol * 10)
    np.testing.assert_allclose(basis.T @ basis, np.eye(n - r), atol=tol)


def test_condition(rng):
    a = rng.standard_normal((3, 4, 4))
    np.testing.assert_allclose(mml.condition(a), np.linalg.cond(a))
    assert mml.condition(np.zeros((2, 2))) == np.inf
    assert mml.condition(np.diag([4.0, 0.0])) == np.inf
    assert mml.condition(np.empty((0, 0))) == 1


@pytest.mark.parametrize(
    "call", [mml.row_echelon, mml.rank, mml.is_singular, mml.null_space, mml.condition]
)
def test_bad_input(call):
    with pytest.raises(ValueError, match="A: contains NaN or infinity"):
        call([[1.0, np.nan], [0.0, 1.0]])
    with pytest.raises(ValueError, match="needed at least 2 axes"):
        call([1.0, 2.0])
    with pytest.raises(TypeError, match="A: "):
        call([["1"]])


def test_more_bad_input():
    with pytest.raises(ValueError, match="square"):
        mml.is_singular(np.ones((2, 3)))
    with pytest.raises(ValueError, match="rank"):
        mml.null_space([np.ones((2, 3)), np.eye(2, 3)])
    for call in (mml.rank, mml.row_echelon):
        with pytest.raises(ValueError, match="rtol: got -1"):
            call(np.eye(2), rtol=-1)


def test_numbers_beyond_the_range_are_no_nan() -> None:
    rng = np.random.default_rng(0)
    huge = np.finfo(float).max * rng.uniform(-1, 1, (20, 4, 5))
    said: list[str] = []
    for matrix in huge:
        for function in (mml.row_echelon, mml.lu):
            try:
                assert np.isfinite(function(matrix)[0]).all()
            except ValueError as error:
                said.append(str(error))
    assert said
    assert all("divide A by a constant" in text for text in said)
    tiny = [[1e-310, 1e-310], [0.0, 1.0]]
    assert mml.row_echelon(tiny, reduced=True, rtol=0).rank == 2
    with pytest.raises(ValueError, match="multiply A by a constant"):
        mml.row_echelon(tiny, reduced=True, rtol=0, steps=True)
