"""Calls that a compiled function takes whole: the same numbers as the longer way, None for what that way has to look at."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core

BAD_STARTS = [
    "ab",
    None,
    [],
    [1.0],
    [1, 2],
    [1.0, "a"],
    [np.nan, 1.0],
    [np.inf, 1.0],
    (1.0, 2.0, 3.0),
    {1.0, 2.0},
    np.zeros(3),
    np.zeros((2, 2)),
    np.zeros(2, np.float32),
    np.zeros(2, ">f8"),
    np.zeros(2, complex),
    [1.0] * 1000,
    np.zeros(100_000),
]


def without(monkeypatch, name, call):
    """Return what a call gives by the longer way."""
    with monkeypatch.context() as context:
        context.setattr(_core, name, lambda *_: None)
        return call()


def counted(monkeypatch, name):
    """Count how often the one call gives an answer."""
    answers, plain = [], getattr(_core, name)

    def call(*args):
        found = plain(*args)
        answers.append(found is not None)
        return found

    monkeypatch.setattr(_core, name, call)
    return answers


def same(one, other):
    assert type(one) is type(other)
    fields = one._asdict() if isinstance(one, tuple) else one.to_dict()
    for name, value in fields.items():
        wanted = getattr(other, name)
        if isinstance(wanted, (float, np.ndarray)):
            np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12, err_msg=name)
            assert np.shape(value) == np.shape(wanted)
        else:
            assert value == wanted or value is wanted, name


def system(rng, n):
    a = np.eye(n) * 3 + 0.3 * rng.standard_normal((n, n))
    b = rng.standard_normal(n)
    return mml.Function(lambda x: a @ x + 0.1 * x**3 - b, n)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_newton(n, rng, monkeypatch):
    f = system(rng, n)
    mml.newton(f, np.zeros(n))
    answers = counted(monkeypatch, "newton_once")
    for _ in range(10):
        start = rng.standard_normal(n)
        forms = (
            start,
            start.tolist(),
            tuple(start.tolist()),
            np.repeat(start, 3)[::3],
            start[::-1].copy()[::-1],
        )
        long = without(monkeypatch, "newton_once", lambda x=start: mml.newton(f, x))
        for form in forms:
            same(mml.newton(f, form), long)
    assert answers == [True] * 50


def test_lagrange(rng, monkeypatch):
    for _ in range(10):
        c = rng.uniform(0.5, 2, 3)
        f = mml.Function(lambda x, c=c: np.sum(c * (x - 1) ** 2), 3)
        g = mml.Function(lambda x: np.sum(x * x) - 1, 3)
        start = rng.uniform(0.2, 0.8, 3)
        call = lambda f=f, g=g, x=start: mml.lagrange(f, g, x)
        long = without(monkeypatch, "lagrange_once", call)
        with monkeypatch.context() as context:
            answers = counted(context, "lagrange_once")
            same(call(), long)
            same(mml.lagrange(f, g, start.tolist()), long)
        assert answers == [True, True]


def test_curve_fit(rng, monkeypatch):
    model = lambda x, a, b: a * np.exp(-b * x)
    x = np.linspace(0, 2, 25)
    mml.curve_fit(model, x, model(x, 2.0, 1.0), [1.0, 1.0])
    answers = counted(monkeypatch, "curve_once")
    for absolute in (False, True):
        for _ in range(10):
            y = model(x, *rng.uniform(0.5, 2, 2)) + 0.05 * rng.standard_normal(25)
            call = lambda p, y=y, a=absolute: mml.curve_fit(model, x, y, p, absolute_sigma=a)
            long = without(monkeypatch, "curve_once", lambda c=call: c([1.0, 1.0]))
            for start in ([1.0, 1.0], (1.0, 1.0), np.ones(2)):
                found = call(start)
                for name in ("parameters", "covariance", "chi2", "dof", "status"):
                    np.testing.assert_allclose(getattr(found, name), getattr(long, name), rtol=1e-9)
    assert answers == [True] * 60


def test_polynomial_fit(rng, monkeypatch):
    answers = counted(monkeypatch, "polynomial_once")
    for degree in (1, 2, 3, 7, 12):
        for m in (degree + 2, 30, 1000):
            x = np.sort(rng.uniform(-3, 1e3, m))
            y = np.sin(x / 100) + 0.1 * rng.standard_normal(m)
            call = lambda x=x, y=y, d=degree: mml.polynomial_fit(x, y, d)
            found, long = call(), without(monkeypatch, "polynomial_once", call)
            at = np.linspace(x[0], x[-1], 50)
            np.testing.assert_allclose(found(at), long(at), rtol=1e-6, atol=1e-6)
            assert found.dof == long.dof
            assert found.r2 == pytest.approx(long.r2, rel=1e-6)
            np.testing.assert_allclose(found.covariance, long.covariance, rtol=1e-4, atol=1e-9)
    assert answers == [True] * 15


@pytest.mark.parametrize("start", BAD_STARTS, ids=repr)
def test_starts_for_the_longer_way(start, rng):
    f = system(rng, 2)
    found = mml.newton(f, [0.0, 0.0])
    programs = f._memory["newton value"]
    assert _core.newton_once(type(found), programs, start, 1e-10, 50) is None


@pytest.mark.parametrize(
    "change",
    [
        {0: None},
        {1: None},
        {1: []},
        {1: [None, None, None]},
        {3: 1},
        {3: None},
        {3: -1.0},
        {3: np.nan},
        {4: 0},
        {4: 2**70},
        {4: 5.0},
        {4: -(2**70)},
    ],
    ids=repr,
)
def test_options_for_the_longer_way(change, rng):
    f = system(rng, 2)
    found = mml.newton(f, [0.0, 0.0])
    args = [type(found), f._memory["newton value"], [0.0, 0.0], 1e-10, 50]
    assert _core.newton_once(*args) is not None
    for place, value in change.items():
        args[place] = value
    assert _core.newton_once(*args) is None
    assert _core.newton_once(*args[:3]) is None
    assert _core.newton_once() is None


def test_data_for_the_longer_way():
    x = np.linspace(0, 1, 9)
    assert _core.polynomial_once(x, x, 2) is not None
    with_nan = np.where(x > 0.5, np.nan, x)
    for data in (
        (x, x),
        (x[::-1], x, 2),
        (x, x[:4], 2),
        (x, x, 8),
        (x, x, -1),
        (x, x, 2**70),
        (x, x, 2.0),
        (np.repeat(x, 2)[::2], x, 2),
        (x.astype("f4"), x, 2),
        (x.tolist(), x, 2),
        (with_nan, x, 2),
        (x, with_nan, 2),
        (x * 1e308, x, 99),
        (np.array([-1.7e308, 0, 1.7e308, 1.75e308]), x[:4], 1),
        (x[None], x[None], 2),
    ):
        assert _core.polynomial_once(*data) is None
    assert _core.curve_once(1, 2, 3) is None
    assert _core.curve_once(None, x, x, [1.0], 1.0, "tol", 5, False) is None
    assert _core.lagrange_once() is None


def test_references(rng):
    """What goes in is let go of, what comes out belongs to the caller alone."""
    f = system(rng, 2)
    g = mml.Function(lambda x: x[0] + x[1] - 1, 2)
    h = mml.Function(lambda x: np.sum(x**2), 2)
    model = lambda x, a, b: a * np.exp(-b * x)
    x, y = np.linspace(0, 2, 25), np.exp(-np.linspace(0, 2, 25)) + 0.01 * rng.standard_normal(25)
    start = [0.1, 0.2]
    calls = [
        lambda: mml.newton(f, start),
        lambda: mml.lagrange(h, g, start),
        lambda: mml.curve_fit(model, x, y, start),
        lambda: mml.polynomial_fit(x, y, 2),
        lambda: _core.newton_once(type(f), None, start, 1e-9, 5),
    ]
    for call in calls:
        call()
        kept = (start, x, y, *start, f, g, h)
        before = [sys.getrefcount(item) for item in kept]
        for _ in range(50):
            found = call()
        field = None
        if found is not None:
            name = (
                "coefficients"
                if hasattr(found, "degree")
                else "parameters"
                if hasattr(found, "dof")
                else "x"
            )
            field = getattr(found, name)
            assert field.base is None or sys.getrefcount(field.base) <= 3
        del found, field
        after = [sys.getrefcount(item) for item in kept]
        assert all(abs(a - b) < 10 for a, b in zip(before, after, strict=True)), (before, after)
