"""Results whose size or type depends on the numbers: the door makes those that the Python function behind it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mmlcore as mml

TYPES = [np.float64, np.float32]


def both(name: str, *args: Any, **options: Any) -> tuple[Any, Any]:
    """What the door gives, and what its function does; errors as their types and texts."""

    def outcome(call: Callable[..., Any]) -> Any:
        try:
            return call(*args, **options)
        except Exception as error:  # noqa: BLE001  (whatever it is, it has to be the same)
            return type(error), str(error)

    door = getattr(mml, name)
    return outcome(door), outcome(door.__wrapped__)


def parts(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


def assert_close(got: Any, wanted: Any, tol: float) -> None:
    assert type(got) is type(wanted), (got, wanted)
    for g, w in zip(parts(got), parts(wanted), strict=True):
        if not isinstance(w, np.ndarray):
            assert g == w, (got, wanted)
            continue
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        assert g.flags.writeable
        np.testing.assert_allclose(g, w, tol, tol * max(1.0, float(np.abs(w).max(initial=0))))


def matrix(rng: np.random.Generator, dtype: Any, *shape: int) -> Any:
    """Numbers in one of several orders, whole ones among them."""
    a = rng.standard_normal(shape)
    a = np.rint(3 * a) if rng.random() < 0.3 else a
    a = a.astype(dtype)
    return np.asfortranarray(a) if rng.random() < 0.3 else a


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 20, 70])
def test_coordinates_and_bases(n: int, dtype: Any, rng: np.random.Generator) -> None:
    tol = 1e-8 if dtype == np.float64 else 2e-2
    for batch in ((), (3,), (2, 4), (300,)):
        basis = matrix(rng, dtype, n, n) + np.eye(n, dtype=dtype) * 4
        x, a = matrix(rng, dtype, *batch, n), matrix(rng, dtype, *batch, n, n)
        assert_close(*both("coordinates", x, basis), tol)
        assert_close(*both("change_basis", a, basis), tol)
        assert_close(*both("change_basis", a[..., :1, :, :] if batch else a, basis), tol)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [3, 12, 40])
def test_what_is_no_basis(n: int, dtype: Any, rng: np.random.Generator) -> None:
    basis = matrix(rng, dtype, n, n)
    x, a = matrix(rng, dtype, n), matrix(rng, dtype, 5, n, n)
    for factor in (1, 1e-20, 1e20):
        for change in (0, 1e-3, 1):
            near = basis.copy(order="C")
            near[:, 0] = near[:, 1:].sum(axis=1)
            near[0, 0] += change * n * np.finfo(dtype).eps
            near = near * dtype(factor)
            got, wanted = both("coordinates", x, near)
            assert isinstance(got, np.ndarray) == isinstance(wanted, np.ndarray)
            if not isinstance(wanted, np.ndarray):
                assert got == wanted
    bases = np.stack([np.eye(n, dtype=dtype), np.zeros((n, n), dtype)])
    got, wanted = both("change_basis", a[:2], bases)
    assert got == wanted == (mml.SingularMatrixError, "basis: the columns are linearly dependent.")
    bases[1, 0, 0] = np.nan
    got, wanted = both("change_basis", a[:2], bases)
    assert got == wanted
    assert got[0] is ValueError


@pytest.mark.parametrize("dtype", TYPES)
def test_columns_in_different_units(dtype: Any, rng: np.random.Generator) -> None:
    n = 30
    scale = np.ldexp(1.0, rng.integers(-20, 20, n)).astype(dtype)
    basis = (matrix(rng, dtype, n, n) + 9 * np.eye(n, dtype=dtype)) * scale
    x = matrix(rng, dtype, n)
    assert_close(*both("coordinates", x, basis), 1e-6 if dtype == np.float64 else 0.1)


@pytest.mark.parametrize("dtype", TYPES)
def test_spaces(dtype: Any, rng: np.random.Generator) -> None:
    tol = 1e-10 if dtype == np.float64 else 1e-4
    for m in (1, 2, 5, 16, 30):
        for k in (1, 2, 5, 16, 20):
            b = matrix(rng, dtype, m, k)
            assert_close(*both("orthogonal_complement", b), tol)
            got, wanted = both("null_space", b)
            assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
            np.testing.assert_allclose(got @ got.T, wanted @ wanted.T, tol, 100 * tol)
    assert_close(*both("orthogonal_complement", matrix(rng, dtype, 6)), tol)
    twice = matrix(rng, dtype, 7, 2)[:, [0, 1, 0]]
    assert_close(*both("orthogonal_complement", twice), tol)
    assert_close(*both("orthogonal_complement", np.eye(3, 2, dtype=dtype)), tol)
    assert_close(*both("null_space", np.zeros((2, 3), dtype)), tol)


@pytest.mark.parametrize("dtype", TYPES)
def test_echelon_forms(dtype: Any, rng: np.random.Generator) -> None:
    for m, n in ((1, 1), (3, 4), (5, 3), (20, 30)):
        for rank in (1, 2, 20):
            a = matrix(rng, dtype, m, min(rank, n)) @ matrix(rng, dtype, min(rank, n), n)
            assert_close(*both("row_echelon", a), 1e-4)
            assert_close(*both("row_echelon", a, reduced=True), 1e-3)
            assert_close(*both("row_echelon", a, steps=False, rtol=None), 1e-4)


def test_elementary_matrices() -> None:
    for n in (1, 2, 7, 300):
        for i, j in ((0, 0), (n - 1, 0), (0, n - 1), (n, 0), (0, -1)):
            assert_close(*both("row_swap", n, i, j), 0) if 0 <= i < n and 0 <= j < n else None
            for call in (("row_swap", n, i, j), ("row_scale", n, i, 2), ("row_add", n, i, j)):
                got, wanted = both(*call)
                assert np.array_equal(got, wanted) if isinstance(got, np.ndarray) else got == wanted
    assert_close(*both("row_add", 4, 1, j=2, factor=-3), 0)
    assert_close(*both("row_scale", n=4, i=1, factor=np.float32(0.1)), 0)
    assert_close(*both("row_scale", np.int64(4), np.uint8(1), np.float64(0.1)), 0)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("batch", [(), (1,), (3,), (2, 2)])
def test_eigenvalues(batch: tuple[int, ...], dtype: Any, rng: np.random.Generator) -> None:
    tol = 1e-7 if dtype == np.float64 else 1e-2
    for n in (1, 2, 3, 8, 17, 30):
        a = matrix(rng, dtype, *batch, n, n) + np.diag(np.arange(n)).astype(dtype)
        s = a + np.swapaxes(a, -1, -2)
        for given in (a, s):
            assert_close(*both("eig", given), tol)
            assert_close(*both("eigvals", given), tol)
            got, wanted = both("diagonalize", given)
            assert type(got) is type(wanted)
            for g, w in zip(got, wanted, strict=True):
                assert (g.shape, g.dtype) == (w.shape, w.dtype)
            p, d, q = got
            np.testing.assert_allclose(p @ d @ q, given, tol, tol * np.abs(given).max())
            np.testing.assert_allclose(p @ q, np.zeros_like(d) + np.eye(n), atol=tol)
        if batch and batch[0] > 1:
            mixed = np.concatenate([a, s])
            p, d, q = mml.diagonalize(mixed)
            np.testing.assert_allclose(p @ d @ q, mixed, tol, tol * np.abs(mixed).max())
    jordan = np.array([[2, 1], [0, 2]], dtype)
    got, wanted = both("diagonalize", jordan)
    assert got == wanted
    assert got[0] is mml.DefectiveMatrixError


@pytest.mark.parametrize("dtype", TYPES)
def test_largest_eigenvalues(dtype: Any, rng: np.random.Generator) -> None:
    tol = 1e-9 if dtype == np.float64 else 1e-4
    for n in (1, 2, 5, 16, 20):
        a = matrix(rng, dtype, n, n)
        a = a + a.T + np.diag(np.arange(n)).astype(dtype)
        for k in range(1, n + 1):
            assert_close(*both("top_eigh", a, k), tol)
        for wrong in ((a, n + 1), (a, 0), (a, True), (a, 1.0), (a + np.tri(n, k=-1) + 0.5, 1)):
            got, wanted = both("top_eigh", *wrong)
            assert got == wanted or n == 1


@pytest.mark.parametrize("dtype", TYPES)
def test_coefficients_are_rounded_once(dtype: Any, rng: np.random.Generator) -> None:
    for n in range(13):
        for trial in range(6):
            a = matrix(rng, dtype, n, n)
            if trial == 1 and n:
                a[-1] = a[0]
            if trial == 2:
                a = a * dtype(1e-12) + np.rint(a)
            got, wanted = both("characteristic_polynomial", a)
            assert got.dtype == wanted.dtype
            np.testing.assert_array_equal(got, wanted)
            np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))
    stack = matrix(rng, dtype, 2, 3, 4, 4)
    np.testing.assert_array_equal(*both("characteristic_polynomial", stack))
    out = np.empty((2, 3, 5), dtype)
    assert mml.characteristic_polynomial(stack, out=out) is out
    np.testing.assert_array_equal(out, mml.characteristic_polynomial(stack))


@pytest.mark.parametrize("dtype", TYPES)
def test_neighbors(dtype: Any, rng: np.random.Generator) -> None:
    for n, q, d in ((1, 1, 1), (10, 3, 2), (200, 30, 5), (60, 20, 60), (300, 7, 130)):
        points, queries = matrix(rng, dtype, n, d), matrix(rng, dtype, q, d)
        queries[0] = points[-1]
        for k in (1, min(n, 3), n):
            assert_close(*both("nearest_neighbors", points, queries, k), 1e-5)
        for factor in (1e-25, 1e25):  # squares of float32 leave the range
            assert_close(*both("nearest_neighbors", points * factor, queries * factor, 1), 1e-5)
    out = np.empty((7, 2), dtype), np.empty((7, 2), np.int64)
    found = mml.nearest_neighbors(points, queries, 2, out=out)
    assert found.distances is out[0]
    assert_close(found, mml.nearest_neighbors(points, queries, 2), 1e-6)


@pytest.mark.parametrize("order", [0, 1, 3])
def test_images(order: int, rng: np.random.Generator) -> None:
    grey = rng.random((11, 14))
    turn = mml.rotation(0.3)
    projective = np.array([[1, 0.1, 2], [0, 1.1, 1], [1e-3, 0, 1]])
    for image in (grey, grey.astype(np.float32), (255 * grey).astype(np.uint8), grey[::2, ::-1]):
        for picture in (image, np.stack([image] * 3, axis=-1), image[:0]):
            for map_ in (turn, turn.astype(np.float32), projective, turn.tolist()):
                assert_close(*both("transform_image", picture, map_, order=order), 1e-5)
                assert_close(*both("transform_image", picture, map_, order=order, fill=0.5), 1e-5)
        out = np.empty(image.shape, mml.transform_image(image, turn).dtype)
        assert mml.transform_image(image, turn, order=order, out=out) is out


@pytest.mark.parametrize("dtype", TYPES)
def test_stacks_of_products_and_scalings(dtype: Any, rng: np.random.Generator) -> None:
    tol = 1e-10 if dtype == np.float64 else 1e-4
    for shapes in (
        ((3, 4), (5, 4, 2)),
        ((2, 3, 4), (4, 2), (2, 2, 5)),
        ((4, 1, 3, 4), (5, 4, 2), (2, 5)),
        ((3, 4), (4, 2), (6, 2, 5)),
        ((6, 3, 1), (1, 2), (2, 5)),
    ):
        assert_close(*both("compose", *(matrix(rng, dtype, *shape) for shape in shapes)), tol)
    for shapes in (((3,), ()), ((2, 1), (3,)), ((2, 1), (3,), (2, 3))):
        assert_close(*both("scaling", *(matrix(rng, dtype, *shape) for shape in shapes)), 0)


class TestBatchesInFortranOrder:
    """Kernels go through such a batch as it lies; results and messages are those of the axes as given."""

    def test_results(self, rng):
        a, b = (np.asfortranarray(rng.standard_normal((3, 5, 4, 4))) for _ in range(2))
        symmetric = np.asfortranarray(a + a.swapaxes(-1, -2))
        for f, *given in (
            (mml.matmul, a, b),
            (mml.matmul, a, b[:, :1]),
            (mml.solve, a, b),
            (mml.inverse, a),
            (mml.determinant, a),
            (mml.eigh, symmetric),
            (mml.inner, a, b[0, 0, 0]),
            (mml.angle, a, b),
            (mml.qr, a.transpose(1, 0, 2, 3)),
        ):
            straight = [np.ascontiguousarray(x) for x in given]
            got, expected = f(*given), f(*straight)
            for one, other in zip(
                got if isinstance(got, tuple) else (got,),
                expected if isinstance(expected, tuple) else (expected,),
                strict=True,
            ):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
                assert one.flags.c_contiguous
        for out in (np.empty((3, 5, 4, 4)), np.empty((3, 5, 4, 4), order="F")):
            assert mml.matmul(a, b, out=out) is out
            np.testing.assert_allclose(out, a @ b, rtol=1e-12, atol=1e-13)

    def test_messages_name_the_item_as_given(self, rng):
        a = np.asfortranarray(rng.standard_normal((3, 5, 4, 4)))
        a[1, 2] = 0
        with pytest.raises(mml.SingularMatrixError, match="matrix 7 of the batch"):
            mml.inverse(a)
        a[1, 2, 0, 0] = np.nan
        with pytest.raises(ValueError, match="matrix 7 of the batch"):
            mml.qr(a)
