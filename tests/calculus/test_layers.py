"""Products inside functions at many points: Jacobians of layers, and points in any memory."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


@pytest.mark.parametrize("m", [1, 2, 5, 8, 9, 17, 30])
@pytest.mark.parametrize("n", [1, 3, 9, 16, 33])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_jacobians_of_layers(m, n, dtype, rng):
    a = rng.standard_normal((m, n))
    x = (0.3 * rng.standard_normal((37, n))).astype(dtype)
    t = np.tanh(x.astype(float) @ a.T)
    expected = (1 - t * t)[..., None] * a
    tolerance = {"rtol": 0, "atol": (1e-13 if dtype is np.float64 else 2e-6) * np.abs(a).max()}
    for f in (
        lambda v: np.tanh(a @ v),
        lambda v: np.tanh(v @ a.T),
        lambda v: np.tanh((a @ v[:, None])[:, 0]),
    ):
        for points in (x, x[0]):
            found = mml.jacobian(f, points)
            assert found.dtype == dtype
            np.testing.assert_allclose(found, expected if points is x else expected[0], **tolerance)


def test_two_layers_and_zeros(rng):
    a, b = rng.standard_normal((12, 10)), rng.standard_normal((11, 12))
    b[3] = 0
    x = rng.standard_normal((20, 10))
    inner = np.tanh(x @ a.T)
    outer = np.tanh(inner @ b.T)
    expected = ((1 - outer**2)[..., None] * b) @ ((1 - inner**2)[..., None] * a)
    found = mml.jacobian(lambda v: np.tanh(b @ np.tanh(a @ v)), x)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    # An infinite slope beside a zero of the matrix, as everywhere: zero wins.
    c = np.eye(10)[:9]
    found = mml.jacobian(lambda v: np.sqrt(c @ v), np.zeros(10))
    assert np.isinf(np.diag(found[:, :9])).all()
    assert not np.isnan(found).any()
    assert not found[~np.eye(9, 10, dtype=bool)].any()


MEMORY = {
    "columns": np.asfortranarray,
    "padded": lambda x: np.concatenate([x, x], axis=1)[:, : x.shape[1]],
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "steps": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "the same": lambda x: np.broadcast_to(x[0], x.shape),
    "swapped": lambda x: x.astype(x.dtype.newbyteorder()),
}


@pytest.mark.parametrize("memory", list(MEMORY))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_points_in_any_memory(memory, dtype, rng):
    a = rng.standard_normal((7, 7))
    f = lambda v: np.sum(np.sin(a @ v)) + v[0] * v[6]
    for count in (1, 2, 5, 16, 37, 1000):
        x = MEMORY[memory](rng.standard_normal((count, 7)).astype(dtype))
        plain = np.array(x, dtype)
        np.testing.assert_array_equal(mml.gradient(f, x), mml.gradient(f, plain))
        np.testing.assert_array_equal(mml.hessian(f, x), mml.hessian(f, plain))
        v = rng.standard_normal((count, 7)).astype(dtype)
        along = mml.jacobian_vector_product(f, x, MEMORY[memory](v))
        np.testing.assert_array_equal(
            along, mml.jacobian_vector_product(f, plain, np.array(MEMORY[memory](v), dtype))
        )


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 8, 13, 16, 29])
@pytest.mark.parametrize("columns", [1, 2, 9, 31])
def test_products_in_blocks(rows, columns, rng):
    """A constant matrix times each point, each point's matrix times a constant vector, and both varying."""
    a = rng.standard_normal((rows, columns))
    for count in (4, 33, 700):
        x = rng.standard_normal((count, columns))
        np.testing.assert_allclose(
            mml.Function(lambda v: a @ v, columns)(x), x @ a.T, rtol=0, atol=1e-12
        )
        y = rng.standard_normal((count, rows, columns))
        both = mml.Function(lambda v, w: w @ v, columns, (rows, columns))
        np.testing.assert_allclose(both(x, y), (y @ x[..., None])[..., 0], rtol=0, atol=1e-12)
        w = mml.Function(lambda w: w @ a[0], (rows, columns))
        np.testing.assert_allclose(w(y), y @ a[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("start", [1, 2])
def test_parts_that_are_made_in_place(start):
    """A part of a concatenation of concatenations, made of pieces that its memory held: many points as one."""

    def f(x):
        y = np.concatenate([x[:1], x[1:] * x[:-1]])
        return np.concatenate([y[:start], y[start:] * y[:-start]])

    x = np.array([0.5, 1.2, 0.3, 0.9])
    many = np.tile(x, (19, 1))
    np.testing.assert_array_equal(mml.jacobian(f, many)[7], mml.jacobian(f, x))
    np.testing.assert_array_equal(mml.Function(f, 4)(many)[7], f(x))
