"""Numbers that are moved: entries of sparse derivatives from where they come, indices in groups by the copying kernels."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core
from mmlcore.calculus._entries import Entries

ZEROS = np.array([0.0, 1.0, 0.0, 2.0, 1.0, 0.0, 1.0])


def assigned(x):
    y = np.zeros_like(x)
    y[::2] = x[::2] ** 2
    y[1:3] = x[3:5]
    return y * x


FUNCTIONS = {
    "neighbours": lambda x: x[1:] * x[:-1],
    "differences": np.diff,
    "three": lambda x: x[2:] - 2 * x[1:-1] + x[:-2] + np.exp(x[1:-1]),
    "masked": lambda x: x * ZEROS + np.sin(x) * (1 - ZEROS),
    "masked alone": lambda x: np.sin(x) * ZEROS,
    "concatenated": lambda x: np.concatenate([x[::-1] * x, 3 * x, np.roll(x, 2)]),
    "repeated": lambda x: np.repeat(x, 3) * np.tile(x, 3),
    "assigned": assigned,
    "subtracted": lambda x: np.stack([x - x[::-1] * x, x[::-1] - x]),
    "summed": lambda x: np.cumsum(x)[:3] * x[4:],
    "constant": lambda x: x[:3] * 0 + 1,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sparse_and_dense_agree(name, rng):
    f = FUNCTIONS[name]
    for x in (rng.standard_normal(7), rng.standard_normal((20, 7))):
        dense = mml.jacobian(f, x).reshape(*x.shape[:-1], -1, 7)
        found = mml.sparse_jacobian(f, x)
        np.testing.assert_allclose(
            found.values, dense[..., found.rows, found.columns], 1e-13, 1e-14
        )
        rest = dense.copy()
        rest[..., found.rows, found.columns] = 0
        assert not rest.any()


def test_an_infinite_factor_beside_a_zero_seed():
    found = mml.sparse_jacobian(lambda x: x[1:] * x[:-1], np.array([np.inf, 2.0, np.nan, 3.0]))
    np.testing.assert_array_equal(found.values, [2.0, np.inf, np.nan, 2.0, 3.0, np.nan])


def test_nothing_is_computed_where_entries_are_arguments():
    f = mml.Function(FUNCTIONS["neighbours"], 2000)
    assert f._program("sparse_jacobian")[0].flops == 0


def test_single_entries_of_a_node():
    f = mml.Function(lambda x: np.stack([x * ZEROS, x[::-1]]), 7)
    graph = f._tape.graph
    x = np.arange(1.0, 8.0)
    index = np.array([3, 13, 7, 8, 1, 0])
    node = Entries(graph).node(f._output.id, index)
    out = np.empty((1, 6))
    _core.Program(graph, [f._inputs[0].id], [node]).run(1, [x[None]], [out])
    np.testing.assert_array_equal(out[0], np.concatenate([x * ZEROS, x[::-1]])[index])


GROUPS = {
    "pairs": lambda x: np.stack([x[:-1], x[1:]], 1),
    "pairs turned": lambda x: np.stack([x[1:], x[:-1]], 1),
    "threes down": lambda x: np.stack([x[2:], x[1:-1], x[:-2]], 1),
    "fives": lambda x: np.stack([x[i : len(x) - 4 + i] for i in (4, 0, 3, 1, 2)], 1),
    "backwards": lambda x: x[::-1],
    "turned": lambda x: x[: len(x) // 4 * 4].reshape(4, -1).T,
    "turned back": lambda x: x[: len(x) // 4 * 4].reshape(-1, 4).T,
    "turned stack": lambda x: np.swapaxes(x[: len(x) // 6 * 6].reshape(2, 3, -1), 1, 2),
    "every third": lambda x: x[::3],
    "rows backwards": lambda x: x[: len(x) // 4 * 4].reshape(4, -1)[::-1],
    "blocks": lambda x: x[: len(x) // 5 * 5].reshape(-1, 5)[:, 1:4],
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [6, 8, 13, 37, 130, 1001])
@pytest.mark.parametrize("name", GROUPS)
def test_moves(name, n, dtype, rng):
    f = GROUPS[name]
    x = rng.standard_normal((3, n)).astype(dtype)
    g = mml.Function(lambda v: 2 * f(v), n)
    for points in (x[0], x, x[:, ::-1]):
        expected = 2 * (f(points) if points.ndim == 1 else np.stack([f(p) for p in points]))
        np.testing.assert_array_equal(g(points), expected)
