"""What comes as integers, truth values or half precision is converted to float64 by rounding once, as numpy does it."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

INTEGERS = [np.dtype(kind).newbyteorder(order) for kind in "bBhHiIlLqQ" for order in "<>"]
SIZES = (1, 7, 1000, 200_000)  # of small calls, of a vector's end, on one thread, on all


def converted(x: np.ndarray) -> np.ndarray:
    """Return the numbers as a kernel sees them: an inner product with one is no more than the number."""
    return mml.inner(x[:, np.newaxis], np.ones(1))


@pytest.mark.parametrize("dtype", INTEGERS, ids=lambda dtype: dtype.str + dtype.char)
def test_integers(dtype: np.dtype) -> None:
    rng, ends = np.random.default_rng(5), np.iinfo(dtype)
    for size in SIZES:
        x = rng.integers(
            ends.min, ends.max, size, dtype=dtype.newbyteorder("="), endpoint=True
        ).astype(dtype)
        x[0], x[-1] = ends.max, ends.min
        if size > 1 and ends.max > 2**54:
            ties = [2**53 + 1, 2**53 + 3, 2**54 + 2, 2**54 + 6, 2**32, 2**32 - 1, 2**31]
            x[: len(ties)] = ties if size > len(ties) else ties[:size]
        np.testing.assert_array_equal(converted(x), x.astype(np.float64))
        np.testing.assert_array_equal(
            converted(x[::-1]), x[::-1].astype(np.float64)
        )  # numbers with a step of their own


def test_half_precision() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    for x in (every, every[::3], every.astype(">f2")):
        np.testing.assert_array_equal(converted(x), x.astype(np.float64))


def test_truth_values_and_orders() -> None:
    a = np.arange(12).reshape(3, 4) % 5 > 1
    for x in (a, np.asfortranarray(a), a.T, a[:, ::2]):
        np.testing.assert_array_equal(mml.matmul(x, np.eye(x.shape[1])), x.astype(np.float64))
    for dtype in (np.int64, np.uint8, np.float16):
        x = np.asfortranarray(np.arange(60).reshape(3, 4, 5).astype(dtype))
        np.testing.assert_array_equal(mml.matmul(x, np.eye(5)), x.astype(np.float64))


def test_mixed_precision() -> None:
    single = np.random.default_rng(6).normal(size=(70, 3)).astype(np.float32)
    for x in (single, np.asfortranarray(single), single[:, ::2]):
        np.testing.assert_array_equal(mml.matmul(x, np.eye(x.shape[1])), x.astype(np.float64))


@pytest.mark.parametrize("wide", [np.complex128, np.complex64])
@pytest.mark.parametrize("kind", ["?", "i1", "i8", "u8", "f2", "f4", "f8", "c8", "c16", ">f8"])
def test_right_sides_beside_complex_matrices(wide: type, kind: str) -> None:
    rng = np.random.default_rng(7)
    a = (rng.normal(size=(5, 4, 4)) + 1j * rng.normal(size=(5, 4, 4))).astype(wide)
    for shape in ((4,), (4, 3), (5, 4, 2)):
        b = (5 * np.abs(rng.normal(size=shape))).astype(kind)
        for matrices in (a, a[0]):
            x = mml.solve(matrices, b)
            narrow = wide is np.complex64 and kind in ("f4", "c8")
            assert x.dtype == (np.complex64 if narrow else np.complex128)
            want = np.linalg.solve(matrices.astype(np.complex128), b.astype(np.complex128))
            np.testing.assert_allclose(x, want, rtol=1e-3 if narrow else 1e-10)
