"""The compiled way of derivatives answers as the Python functions behind it do, and sees what has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core

SCALE = 2.0


def bowl(x):
    return SCALE * np.sum(x**3) + x[0] * x[1]


def layer(x):
    return np.tanh(x[1:] * x[:-1])


def curve(t):
    return np.sin(t) * np.exp(-t)


POINT = np.array([0.3, -0.2, 0.7])
STACK = np.arange(12.0).reshape(4, 3) / 10
CALLS: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
    *((name, bowl, (), {}) for name in ("gradient", "value_and_gradient", "hessian")),
    *((name, layer, (), {}) for name in ("jacobian", "sparse_jacobian")),
    ("sparse_hessian", bowl, (), {}),
    ("hessian_vector_product", bowl, (np.array([1.0, 2.0, 0.5]),), {}),
    ("jacobian_vector_product", layer, ([1.0, 2.0, 0.5],), {}),
    ("vector_jacobian_product", layer, ([1.0, 2.0],), {}),
    ("derivative", curve, (), {}),
    ("derivative", curve, (), {"order": 3}),
    ("taylor", curve, (4,), {}),
    ("taylor", curve, (), {"order": 2}),
]


def same(found: Any, expected: Any) -> None:
    """To the bit, with the same types; errors by their texts."""
    assert type(found) is type(expected)
    if isinstance(expected, mml.TaylorSeries):
        found, expected = (
            (found.center, found.coefficients),
            (expected.center, expected.coefficients),
        )
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for f, e in zip(found, expected, strict=True):
            same(f, e)
    elif isinstance(expected, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert np.array_equal(found, expected, equal_nan=True)
    else:
        assert found == expected


def outcome(call: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return call(*arguments, **options)
    except Exception as error:  # noqa: BLE001  (whatever it is, both say it)
        return type(error), str(error)


@pytest.mark.parametrize(("name", "f", "more", "options"), CALLS)
def test_as_the_function_behind(name, f, more, options):
    door = getattr(mml, name)
    for x in (
        POINT,
        POINT.astype(np.float32),
        STACK,
        np.asfortranarray(STACK),
        STACK[::2],
        POINT.tolist(),
        [1, 2, 3],
        np.array([True, False, True]),
        0.5,
        np.array(0.5),
        np.empty((0, 3)),
        np.float32(0.5),
        [1j, 2, 3],
        "x",
        None,
    ):
        for _ in range(2):  # traced, then remembered
            found = outcome(door, f, x, *more, **options)
        same(found, outcome(door.__wrapped__, f, x, *more, **options))
    made = mml.Function(f, *(() if f is curve else (3,)))
    same(door(made, POINT, *more, **options), door(f, POINT, *more, **options))
    for wrong in ((), (f,), (f, POINT, *more, 1, 2, 3), (f, POINT, POINT[:2]), (3, POINT, *more)):
        same(outcome(door, *wrong, **options), outcome(door.__wrapped__, *wrong, **options))


def test_what_changes_is_seen(monkeypatch):
    first = mml.gradient(bowl, POINT)
    assert np.array_equal(mml.gradient(bowl, POINT), first)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    np.testing.assert_allclose(mml.gradient(bowl, POINT) - first, 3 * POINT**2)


def test_several_arguments_are_one_point(rng):
    w, X, y = rng.standard_normal(3), rng.standard_normal((7, 3)), rng.standard_normal(7)

    def loss(w, X, y):
        return np.mean((X @ w - y) ** 2)

    for _ in range(2):
        np.testing.assert_allclose(mml.gradient(loss, w, X, y), 2 / 7 * X.T @ (X @ w - y))
    same(mml.gradient(loss, w.tolist(), X, y), mml.gradient(loss, w, X, y))


def test_paths_of_one_function():
    """The last path is remembered; another one is none of it."""

    def product(x):
        return x[0] * x[1]

    t = np.linspace(0.1, 1, 5)
    paths = [lambda t: [t * t, np.exp(t)], lambda t: [t, t**3]]
    slopes = [(2 * t + t * t) * np.exp(t), 4 * t**3]
    for turn in (0, 0, 1, 1, 0):
        np.testing.assert_allclose(mml.total_derivative(product, paths[turn], t), slopes[turn])


def test_functions_that_call_ours():
    """Our own functions within a function do not send it to Python at each call."""
    A = np.array([[4.0, 1.0], [2.0, 5.0]])

    def f(b):
        return np.sum(mml.solve(A, b) ** 2)

    record = _core.record_of(f)
    assert record is not None
    assert _core.same_record(f, record)
    expected = 2 * np.linalg.solve(A.T, np.linalg.solve(A, [1.0, 2.0]))
    np.testing.assert_allclose(mml.gradient(f, [1.0, 2.0]), expected)
