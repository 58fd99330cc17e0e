"""Sums over rows of data: one pass over the rows, against numpy by hand and against the same program without passes."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core
from mmlcore.calculus._derive import derive

N, D = 20_011, 7  # rows that no block divides


@pytest.fixture
def data(rng):
    x, w = rng.standard_normal((N, D)), 0.3 * rng.standard_normal(D)
    return x, rng.choice([-1.0, 1.0], N), w


def both(f, kind, *arguments):
    """Return what a program gives in passes and as a whole, and how many passes there are."""
    inputs, node, shape = derive(f, kind)
    found, count = [], 0
    for passes in (True, False):
        program = _core.Program(f._tape.graph, inputs, [node], passes)
        size = int(np.prod(shape, dtype=int))
        out = np.empty((1, size), arguments[0].dtype)
        program.run(1, [a.reshape(1, -1) for a in arguments], [out])
        found.append(out.reshape(shape))
        count = max(count, program.passes)
    return (*found, count)


def agree(f, kind, passes, *arguments, tolerance=1e-12):
    got, expected, count = both(f, kind, *arguments)
    assert count == passes
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    return got


KINDS = ["value", "gradient", "value_and_gradient", "hessian"]


def cases(x, y):
    """Return functions of w, and how many passes their derivatives take."""
    classes = np.eye(3)[np.arange(N) % 3]

    def softmax(w):
        z = x[:, :2] @ w.reshape(2, 3)
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(classes * z, axis=1))

    return {
        "logistic": (lambda w: np.sum(np.log1p(np.exp(-y * (x @ w)))), D, 1),
        "least squares": (lambda w: np.mean((x @ w - y) ** 2), D, 1),
        "ridge": (lambda w: np.sum((x @ w - y) ** 2) + 0.1 * w @ w, D, 1),
        "two sums": (lambda w: np.sum(np.tanh(x @ w)) * np.mean(np.cos(x @ w)), D, 2),
        "root": (lambda w: np.sqrt(np.sum((x @ w - y) ** 2)), D, 2),
        "log": (lambda w: np.log(np.mean(np.exp(x @ w))), D, 2),
        "variance": (lambda w: np.var(x @ w), D, None),
        "softmax": (softmax, 6, 1),
        "columns": (lambda w: np.sum(x[:, 0] * w[0] + np.sin(x[:, 3] * w[1])), 2, None),
        "rows at the left": (lambda w: np.sum(np.exp(-((w @ x.T) ** 2))), D, None),
        "parts of rows": (lambda w: np.sum(np.abs((x * w).sum(axis=1)) ** 1.5), D, 1),
        "distances": (lambda w: np.sum(np.sqrt(1 + np.sum((x - w) ** 2, axis=1))), D, 1),
        "largest": (lambda w: np.sum(np.max(x[:, :3] * w[:3], axis=1)), D, None),
        "stacked": (lambda w: np.sum(np.stack([x @ w, y * 2.0]) ** 2), D, 1),
        "running": (lambda w: np.sum(np.cumsum(x @ w) ** 2), D, None),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", list(cases(np.ones((N, D)), np.ones(N))))
def test_one_pass_agrees_with_the_whole(name, kind, data):
    x, y, w = data
    f, size, passes = cases(x, y)[name]
    function = mml.Function(f, size)
    point = w[:size].copy()
    got, expected, count = both(function, kind, point)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-12 * scale)
    if kind == "gradient" and passes is not None:
        assert count == passes


def test_by_hand(data):
    x, y, w = data
    f = lambda w: np.sum(np.log1p(np.exp(-y * (x @ w))))
    p = 1 / (1 + np.exp(y * (x @ w)))
    np.testing.assert_allclose(mml.gradient(f, w), -(y * p) @ x, rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(
        mml.hessian(f, w), (x * (p * (1 - p))[:, None]).T @ x, rtol=1e-11, atol=1e-9
    )
    v = np.linspace(-1, 1, D)
    product = mml.hessian_vector_product(f, w, v)
    np.testing.assert_allclose(product, ((p * (1 - p)) * (x @ v)) @ x, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("count", [16_384, 16_387, 40_011])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_data_as_arguments(count, dtype, rng):
    x = rng.standard_normal((count, D)).astype(dtype)
    y = rng.standard_normal(count).astype(dtype)
    w = (0.1 * rng.standard_normal(D)).astype(dtype)
    f = mml.Function(lambda w, x, y: np.mean((x @ w - y) ** 2), D, (count, D), count)
    wide = x.astype(float), y.astype(float), w.astype(float)
    expected = 2 / count * (wide[0] @ wide[2] - wide[1]) @ wide[0]
    tolerance = 1e-13 if dtype is np.float64 else 2e-6
    for batch in (x, np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2]):  # traced once, any memory
        got = f.gradient(w, batch, y)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    assert f._program("gradient")[0].passes == 1


@pytest.mark.parametrize("size", [66_000, 100_003])
def test_long_vectors(size, rng):
    x = rng.standard_normal(size)
    got = agree(mml.Function(lambda x: np.sum(np.exp(-(x**2))), size), "gradient", 1, x)
    np.testing.assert_allclose(got, -2 * x * np.exp(-x * x), rtol=1e-13)
    agree(mml.Function(lambda x: np.sum(np.exp(-(x**2))), size), "value_and_gradient", 1, x)
    f = mml.Function(lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), size)
    agree(f, "gradient", 1, x)
    f = mml.Function(lambda x: np.std(x) + np.linalg.norm(x), size)
    got = agree(f, "gradient", 4, x)
    by_hand = (x - x.mean()) / (size * x.std()) + x / np.linalg.norm(x)
    np.testing.assert_allclose(got, by_hand, rtol=0, atol=1e-12 * np.abs(by_hand).max())


def test_quadratic_forms(rng):
    a, x = rng.standard_normal((400, 400)), rng.standard_normal(400)
    got = agree(mml.Function(lambda x: x @ a @ x, 400), "gradient", 1, x)
    np.testing.assert_allclose(got, (a + a.T) @ x, rtol=0, atol=1e-12 * np.abs(got).max())
    both = a + a.T
    f = mml.Function(lambda x: x @ both @ x, 400)
    got = agree(f, "gradient", 1, x)
    np.testing.assert_allclose(got, 2 * both @ x, rtol=0, atol=1e-12 * np.abs(got).max())
    np.testing.assert_array_equal(f.hessian(x), 2 * both)
    assert f._program("gradient")[0].flops < 1.1 * f.flops  # A x is there once


def test_one_number_for_all_threads(data):
    x, y, w = data
    big = np.tile(x, (5, 1))
    f = lambda w: np.log(np.mean(np.exp(-np.tile(y, 5) * (big @ w))))
    found = []
    for threads in (1, 2, 3):
        with mml.threads(threads):
            found.append((mml.gradient(f, w), mml.hessian(f, w)))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_zeros_absorb(data):
    """Points whose derivatives come out as NaN run again, in passes too."""
    x, _, w = data
    f = mml.Function(lambda w: np.sum(np.where(x @ w > 0, np.sqrt(np.abs(x @ w)), 1.0)), D)
    got = agree(f, "gradient", 1, np.zeros(D))
    assert np.isfinite(got).all()
    g = mml.Function(lambda w: np.sum(np.sqrt(x @ w)), D)
    assert np.isnan(g.gradient(w)).all()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("place", [(0, 0), (N // 2, 3), (N - 1, D - 1)])
def test_changed_data_are_noticed(place, threads, data):
    """Arrays that a pass reads are looked at on the way, every number of them."""
    x, y, w = data
    f = lambda w: np.log(np.sum((x @ w - y) ** 2))

    def by_hand():
        r = x @ w - y
        return 2 * r @ x / (r @ r)

    with mml.threads(threads):
        before = mml.gradient(f, w)
        np.testing.assert_array_equal(mml.gradient(f, w), before)
        for array, at in ((x, place), (y, place[0])):
            array[at] = np.nextafter(array[at], 10.0)
            assert mml.gradient(f, w) is not before
            array[at] += 1000.0
            np.testing.assert_allclose(mml.gradient(f, w), by_hand(), rtol=1e-9, atol=1e-13)
            np.testing.assert_allclose(mml.gradient(f, w), by_hand(), rtol=1e-9, atol=1e-13)
        x[:] = -x
        np.testing.assert_allclose(mml.gradient(f, w), by_hand(), rtol=1e-9, atol=1e-13)
        many = np.stack([w, 2 * w])
        np.testing.assert_allclose(mml.gradient(f, many)[0], by_hand(), rtol=1e-9, atol=1e-13)


def test_checksums_change_with_one_word(rng):
    for size in (1, 7, 64, 129, 9000, 20_000):
        x = rng.standard_normal(size)
        sum_ = _core.checksum(x)
        for i in {0, size // 3, size // 2, size - 1}:
            for change in (np.nextafter(x[i], 9.0), -x[i], 2 * x[i]):
                other = x.copy()
                other[i] = change
                assert _core.checksum(other) != sum_
        assert _core.checksum(-x) != sum_
        assert _core.checksum(x.copy()) == sum_
        if size > 1:
            assert _core.checksum(np.roll(x, 1)) != sum_
            two = x.copy()
            two[0], two[-1] = -two[0], -two[-1]
            assert _core.checksum(two) != sum_
    assert _core.checksum(np.zeros(4096)) != _core.checksum(np.zeros(8192))


@pytest.mark.parametrize("size", [66_000, 65_536, 70_001])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", ["gradient", "value_and_gradient"])
def test_results_are_written_where_they_go(size, dtype, kind, rng):
    """Into arrays that overlap the point, or begin anywhere, and nothing is written behind them."""
    x = rng.standard_normal(size).astype(dtype)
    f = mml.Function(lambda x: np.sum(np.exp(-x * x)), size)
    expected = -2 * x * np.exp(-x * x)
    tolerance = {"rtol": 20 * np.finfo(dtype).eps, "atol": np.finfo(dtype).tiny}
    if kind == "value_and_gradient":
        value, slope = f.value_and_gradient(x)
        assert value == pytest.approx(np.sum(np.exp(-(x.astype(float) ** 2))), rel=1e-5)
        np.testing.assert_allclose(slope, expected, **tolerance)
        return
    room = np.full(size + 40, 7, dtype)
    for start in (0, 1, 5):
        room[:] = 7
        f.gradient(x, out=room[start : start + size])
        np.testing.assert_allclose(room[start : start + size], expected, **tolerance)
        assert (room[:start] == 7).all()
        assert (room[start + size :] == 7).all()
    same = x.copy()
    f.gradient(same, out=same)
    np.testing.assert_allclose(same, expected, **tolerance)
    room[3 : size + 3] = x
    f.gradient(room[3 : size + 3], out=room[:size])
    np.testing.assert_allclose(room[:size], expected, **tolerance)


def test_short_operands_at_the_end(rng):
    """A row of three numbers beside rows of three: pieces that are no whole vectors."""
    a, b = rng.standard_normal((30_000, 3)), rng.standard_normal(3)
    f = mml.Function(lambda a: np.sum(np.exp(a) * b), (30_000, 3))
    np.testing.assert_allclose(f.gradient(a), np.exp(a) * b, rtol=1e-14)


def test_one_number_that_is_none_among_many(rng):
    """Wherever it is: 0 times the slope of the branch that was not taken is computed again."""
    x = rng.uniform(1, 2, 70_000)
    f = mml.Function(lambda x: np.sum(np.where(x > 0, np.sqrt(np.abs(x)), 0.0)), x.size)
    for i in (0, 1023, 40_000, 69_999):
        point = x.copy()
        point[i] = 0
        slope = f.gradient(point)
        assert slope[i] == 0
        np.testing.assert_allclose(np.delete(slope, i), 0.5 / np.sqrt(np.delete(x, i)), rtol=1e-14)
