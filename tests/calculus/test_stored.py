"""Traced functions that are pickled, damaged or very long."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest

import mmlcore as mml


def body(x):
    c = np.cumprod(x)
    m = np.outer(x, x) @ x
    parts = [
        np.where(c > 0, np.exp(c), m)[::-1] ** 3,
        np.diag(x).ravel(),
        np.tile(x, (3, 1)).sum(axis=0),
    ]
    return np.concatenate(parts)


def test_damaged_nodes_are_refused():
    """Operations, operands, sizes and indices that cannot be; never a crash."""
    f = mml.Function(body, 4)
    nodes, inputs, output, name = f.__getstate__()
    draw = random.Random(0)
    refused = 0
    for _ in range(600):
        bad = [list(node) for node in nodes]
        node = draw.choice(bad)
        place = draw.randrange(1, 6)
        value = draw.choice([-1, 2**28 + 1, 2**31 - 1, 7, 1, 0, -(2**31), 60, 200])
        if place in (3, 4) and node[place]:
            changed = list(node[place])
            changed[draw.randrange(len(changed))] = value
            node[place] = tuple(changed)
        else:
            node[place] = value
        again = mml.calculus.Function.__new__(mml.calculus.Function)
        try:
            again.__setstate__((bad, inputs, output, name))
        except ValueError as error:
            assert "damaged" in str(error)  # noqa: PT017
            refused += 1
        else:
            with np.errstate(all="ignore"):
                assert again(np.ones((3, 4))).shape == (3, *f.shape)
                again.jacobian(np.ones(4))
    assert refused > 200


def test_damaged_pickles_are_errors():
    data = pickle.dumps(mml.Function(body, 4))
    draw = random.Random(1)
    for _ in range(200):
        bad = bytearray(data)
        bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
        try:
            again = pickle.loads(bytes(bad))
            if isinstance(again, mml.calculus.Function) and again.shapes == ((4,),):
                with np.errstate(all="ignore"):
                    again(np.ones((2, 4)))
        except Exception:  # noqa: BLE001, S112  (pickle has many; none is a crash)
            continue


@pytest.mark.parametrize("steps", [50, 20_000])
def test_long_functions_have_short_texts(steps):
    def f(x):
        for _ in range(steps):
            x = np.sin(x) * x + 0.1
        return x

    text = repr(mml.Function(f, ()))
    assert text.startswith("f(x) = ")
    assert len(text) < 20_000
    wide = repr(mml.Function(lambda x: np.stack([v * i for i, v in enumerate(x)]), 5000))
    assert len(wide) < 1000
