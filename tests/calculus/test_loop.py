"""Loops as one operation: values and derivatives of every order are those of the loop written out."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import mmlcore as mml

A = np.array([[0.1, -0.3], [0.4, 0.2]])


def written_out(body, state, count=None, over=None):
    for item in range(count) if over is None else over:
        state = body(item, state)
    return state


def recurrence(run, count):
    def f(x):
        c = x[2]
        return run(lambda i, s: np.tanh(A @ s) + c * s + 0.01 * i, x[:2], count)

    return f


def filtered(run):
    return lambda x: run(lambda r, s: 0.5 * s * np.cos(r) + r * r * x[0], x[1], over=x)


def swapped(run):
    def f(x):
        a, b = run(lambda i, s: (s[1], s[0] * x[0] + np.sum(s[1]) * 0.3), (x[:2], x[2:]), 5)
        return np.concatenate([a, b])

    return f


def with_others(run):
    def f(x):
        kept = [x[0], 2.0]

        def body(_i, s):
            y = np.zeros(2)
            y[0] = math.sin(s[0]) * kept[0]
            y[1] = max(s[1], 0.1)
            return y

        return run(body, x, 4)

    return f


def nested(run):
    inner = lambda s, c: run(lambda j, t: np.sin(t) + c * j, s, 3)
    return lambda x: run(lambda i, s: inner(s, x[0]) * x[1], x[2], 4)


CASES = [
    *((lambda run, n=n: recurrence(run, n), 3) for n in (0, 1, 7, 100)),
    (filtered, 5),
    (filtered, 70),
    (swapped, 4),
    (with_others, 2),
    (nested, 3),
]


@pytest.mark.parametrize(("case", "n"), CASES)
def test_all_derivatives(case, n):
    f, g = mml.Function(case(mml.loop), n), mml.Function(case(written_out), n)
    rng = np.random.default_rng(n)
    x = rng.uniform(0.1, 0.7, n)
    points = x + 0.01 * np.arange(19)[:, None]
    same = lambda a, b: np.testing.assert_allclose(a, b, 1e-11, 1e-12)
    same(f(x), g(x))
    same(f(points), g(points))
    np.testing.assert_allclose(f(points.astype(np.float32)), g(points), 1e-4, 1e-5)
    same(f.jacobian(x), g.jacobian(x))
    same(f.jacobian(points), g.jacobian(points))
    same(pickle.loads(pickle.dumps(f)).jacobian(x), f.jacobian(x))
    weights = rng.standard_normal(g.shape)
    total = [mml.Function(lambda v, h=h: np.sum(weights * h(v)), n) for h in (f, g)]
    same(total[0].gradient(points), total[1].gradient(points))
    if n < 20:
        same(total[0].hessian(points), total[1].hessian(points))
    d = rng.standard_normal(n)
    series = [
        mml.Function(lambda t, h=h: h(x + t * d), ()).taylor(0.0, 4).coefficients for h in (f, g)
    ]
    same(*series)


def test_of_plain_numbers():
    same = np.testing.assert_allclose
    same(
        mml.loop(lambda i, s: 0.5 * s + i, [1.0, 2.0], 6),
        written_out(lambda i, s: 0.5 * s + i, np.array([1.0, 2.0]), 6),
    )
    a, b = mml.loop(
        lambda r, s: (s[1] + r[0], s[0] * r[1]), (1.0, 2.0), over=(np.arange(3.0), np.ones(3))
    )
    assert (a, b) == (4.0, 2.0) or (float(a), float(b)) == pytest.approx((4.0, 2.0))


def test_long_loops_keep_few_states():
    """A million steps: the reverse sweep takes memory of some thousand states."""
    f = mml.Function(lambda c: mml.loop(lambda i, s: c * s + 1.0, 0.0, 1_000_000), ())
    c = 0.999
    assert f(c) == pytest.approx(1 / (1 - c), rel=1e-9)
    g = mml.Function(lambda v: mml.loop(lambda i, s: v[0] * s + v[1], 0.0, 1_000_000), 2)
    np.testing.assert_allclose(g.gradient([c, 1.0]), [1e6, 1e3], 1e-8)
    assert g._program("gradient")[0].slots < 20_000_000
    assert g._tape.graph.count() < 200


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mml.loop(lambda i, s: s, 1.0), ValueError, "count: needed"),
        (lambda: mml.loop(lambda i, s: s, 1.0, -1), ValueError, "count"),
        (lambda: mml.loop(lambda i, s: np.stack([s, s]), 1.0, 3), ValueError, "body: got a state"),
        (lambda: mml.loop(lambda r, s: s, 1.0, 4, over=np.ones(3)), ValueError, "over: got shape"),
        (lambda: mml.loop(lambda i, s: s if s > 0 else -s, 1.0, 3), mml.TraceError, "a branch"),
        (lambda: mml.loop(lambda i, s: s, 1j, 3), TypeError, "complex"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
