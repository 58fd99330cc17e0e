"""Derivatives by any argument; functions in files and as formulas."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

RNG = np.random.default_rng(11)
W, X, Y = RNG.standard_normal(3), RNG.standard_normal((7, 3)), RNG.standard_normal(7)


def loss(w, x, y):
    return np.mean((x @ w - y) ** 2)


AWAY = 2 * (X @ W - Y) / 7
SLOPES = (X.T @ AWAY, np.outer(AWAY, W), -AWAY)


@pytest.mark.parametrize("argnums", [0, 1, -1, (0,), (2, 0), (0, 1, 2)])
def test_gradients(argnums):
    found = mml.gradient(loss, W, X, Y, argnums=argnums)
    value, again = mml.value_and_gradient(loss, W, X, Y, argnums=argnums)
    single = not isinstance(argnums, tuple)
    assert float(value) == pytest.approx(loss(W, X, Y))
    for parts in (found, again):
        for k, part in zip(
            [argnums] if single else argnums, [parts] if single else parts, strict=True
        ):
            np.testing.assert_allclose(part, SLOPES[k], 1e-12, 1e-14)
    parts = mml.jacobian(loss, W, X, Y, argnums=argnums)
    for k, part in zip([argnums] if single else argnums, [parts] if single else parts, strict=True):
        np.testing.assert_allclose(part, SLOPES[k], 1e-12, 1e-14)


def test_other_derivatives_and_functions():
    np.testing.assert_allclose(mml.hessian(loss, W, X, Y), 2 * X.T @ X / 7, 1e-12)
    np.testing.assert_allclose(mml.hessian(loss, W, X, Y, argnums=2), 2 * np.eye(7) / 7, 1e-12)
    f = mml.Function(loss, 3, (7, 3), 7)
    np.testing.assert_array_equal(
        mml.gradient(f, W, X, Y, argnums=1), mml.gradient(loss, W, X, Y, argnums=1)
    )
    slopes = mml.jacobian(lambda a, v: a @ v, X, W, argnums=(0, 1))
    assert [s.shape for s in slopes] == [(7, 7, 3), (7, 3)]
    calls = []
    counted = lambda w, x: calls.append(1) or np.sum(x @ w)
    for _ in range(3):
        mml.gradient(counted, W, X)
    assert len(calls) <= 2  # what it changes itself makes it be traced once more
    out = np.empty(3)
    assert mml.gradient(loss, W, X, Y, out=out) is out
    np.testing.assert_allclose(out, SLOPES[0], 1e-12)


@pytest.mark.parametrize(
    ("argnums", "error", "words"),
    [
        (3, ValueError, "argnums"),
        ((0, 0), ValueError, "each argument once"),
        ("a", TypeError, "argnums"),
    ],
)
def test_refusals(argnums, error, words):
    with pytest.raises(error, match=words):
        mml.gradient(loss, W, X, Y, argnums=argnums)


def test_files(tmp_path):
    def f(x):
        s = mml.loop(lambda i, v: np.sin(v) * x[0] + i, x[1], 80)
        return s + np.linalg.solve(np.diag(x) + 1, np.arange(3.0))[0] + np.median(x)

    path = tmp_path / "function.mml"
    g = mml.Function(f, 3)
    g.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["function.mml"]
    h = mml.Function.load(path)
    x = np.array([0.3, 0.8, 0.5])
    assert h(x) == g(x)
    np.testing.assert_array_equal(h.gradient(x), g.gradient(x))
    assert repr(h) == repr(g)
    whole = path.read_bytes()
    for _ in range(200):  # bits that have flipped: an error, or a function; never worse
        damaged = bytearray(whole)
        damaged[RNG.integers(len(damaged))] ^= 1 << int(RNG.integers(8))
        path.write_bytes(bytes(damaged))
        try:
            mml.Function.load(path)(x)
        except ValueError:
            continue
    for text in (b"", b"no function", whole[:-40]):
        path.write_bytes(text)
        with pytest.raises(ValueError, match="is no function"):
            mml.Function.load(path)
    with pytest.raises(FileNotFoundError):
        mml.Function.load(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        g.save(tmp_path / "no" / "folder")


def test_formulas():
    f = mml.Function(
        lambda x: np.exp(-(x[0] ** 2)) / np.sqrt(1 + x[1]) + np.where(x[0] < 1, x[1], 0.0), 2
    )
    text = f._repr_latex_()
    assert text.startswith("$$")
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert r"\frac" in text
    assert r"\sqrt" in text
    assert r"\begin{cases}" in text
    long = mml.Function(
        lambda x: sum(np.sin(k * x[0]) * np.cos(x[1] + k) ** k for k in range(400)), 2
    )
    assert long._repr_latex_() is None
