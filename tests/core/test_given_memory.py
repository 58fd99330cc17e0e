"""Results into given memory: a stream of small batches takes no array after its first round."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import mmlcore as mml

POINTS, WIDTH = 400, 6
RNG = np.random.default_rng(20261130)
BATCHES = [RNG.standard_normal((POINTS, WIDTH)) for _ in range(5)]
STACK = RNG.standard_normal((POINTS, 4, 4)) + 4 * np.eye(4)
EVEN = STACK + np.swapaxes(STACK, -1, -2)
RIGHT = RNG.standard_normal((POINTS, 4, 2))
SCORES = RNG.standard_normal((POINTS, 3))
PCA = mml.PCA(3).fit(BATCHES[0])
SINGLE = mml.PCA(3).fit(BATCHES[0].astype(np.float32))
SINGLE_BATCHES = {id(x): x.astype(np.float32) for x in BATCHES}
F = mml.Function(lambda z: np.sum(np.sin(z) * z), 3)
MOMENTS = mml.Moments(WIDTH)


def energy(z):
    """A function that is no Function."""
    return np.sum(z**4)


CALLS = {
    "standardize": lambda x, out: mml.standardize(x, out=out),
    "mean": lambda x, out: mml.mean(x, out=out),
    "variance": lambda x, out: mml.variance(x, out=out),
    "covariance": lambda x, out: mml.covariance(x, out=out),
    "transform": lambda x, out: PCA.transform(x, out=out),
    "transform float32": lambda x, out: SINGLE.transform(SINGLE_BATCHES[id(x)], out=out),
    "inverse_transform": lambda _, out: PCA.inverse_transform(SCORES, out=out),
    "Function": lambda _, out: F(SCORES, out=out),
    "Function.gradient": lambda _, out: F.gradient(SCORES, out=out),
    "Function.hessian": lambda _, out: F.hessian(SCORES, out=out),
    "gradient": lambda _, out: mml.gradient(energy, SCORES, out=out),
    "hessian": lambda _, out: mml.hessian(energy, SCORES, out=out),
    "pairwise_distances": lambda x, out: mml.pairwise_distances(x, x[:5], out=out),
    "matmul": lambda _, out: mml.matmul(STACK, STACK, out=out),
    "solve": lambda _, out: mml.solve(STACK, RIGHT, out=out),
    "inverse": lambda _, out: mml.inverse(STACK, out=out),
    "cholesky": lambda _, out: mml.cholesky(EVEN @ EVEN, out=out),
    "qr": lambda _, out: mml.qr(STACK, out=out),
    "svd": lambda _, out: mml.svd(STACK, out=out),
    "svdvals": lambda _, out: mml.svdvals(STACK, out=out),
    "eigh": lambda _, out: mml.eigh(EVEN, out=out),
    "condition": lambda _, out: mml.condition(STACK, out=out),
    "Moments.covariance": lambda x, out: MOMENTS.update(x).covariance(out=out),
    "Moments.variance": lambda x, out: MOMENTS.update(x).variance(1, out=out),
}


def parts(found):
    return found if isinstance(found, tuple) else (found,)


def taken_by(step, times=1000):
    """Bytes that were taken at once, at most, beyond those before; arrays and objects of Python."""
    for batch in BATCHES * 2:
        step(batch)
    tracemalloc.start()
    try:
        for batch in BATCHES:
            step(batch)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for i in range(times):
            step(BATCHES[i % len(BATCHES)])
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"cholesky"}))
def test_it_takes_nothing(name):
    wanted = CALLS[name](BATCHES[0], None)
    places = tuple(np.empty_like(x) for x in parts(wanted))
    out = places if isinstance(wanted, tuple) else places[0]
    assert taken_by(lambda x: CALLS[name](x, out), 100) < 1500
    assert (
        max(x.nbytes for x in places) < 1500 or taken_by(lambda x: CALLS[name](x, None), 5) > 1500
    )


def test_a_thousand_batches_take_nothing():
    standard, scores, levels = np.empty((POINTS, WIDTH)), np.empty((POINTS, 3)), np.empty(POINTS)
    slopes, covariance = np.empty((POINTS, 3)), np.empty((WIDTH, WIDTH))
    values = np.empty(WIDTH), np.empty((WIDTH, WIDTH))
    moments = mml.Moments(WIDTH)

    def step(batch):
        moments.update(batch)
        mml.standardize(batch, out=standard)
        PCA.transform(standard, out=scores)
        F(scores, out=levels)
        F.gradient(scores, out=slopes)
        mml.eigh(moments.covariance(out=covariance), out=values)

    assert taken_by(step) < 1500
    assert moments.count == 1015 * POINTS


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_same_numbers_wherever_they_go(name):
    before = MOMENTS.copy()

    def again(out):
        MOMENTS.__setstate__(before.__getstate__())
        return CALLS[name](BATCHES[0], out)

    wanted = again(None)
    for gaps in (False, True):
        places = tuple(np.full((*x.shape, 2), 7, x.dtype)[..., 0] for x in parts(wanted))
        places = places if gaps else tuple(x.copy() for x in places)
        found = again(places if isinstance(wanted, tuple) else places[0])
        assert type(found) is type(wanted)
        for got, place, right in zip(parts(found), places, parts(wanted), strict=True):
            assert got is place
            np.testing.assert_allclose(
                place, right, rtol=1e-6 if right.dtype == np.float32 else 1e-12
            )


@pytest.mark.parametrize(
    "name", ["transform", "inverse_transform", "Function", "gradient", "svd", "Moments.variance"]
)
def test_what_does_not_fit_is_named(name):
    MOMENTS.update(BATCHES[0])
    wanted = CALLS[name](BATCHES[0], None)
    several = isinstance(wanted, tuple)

    def refused(error, match, change):
        places = tuple(change(np.zeros_like(x)) for x in parts(wanted))
        with pytest.raises(error, match=match):
            CALLS[name](BATCHES[0], places if several else places[0])

    refused(TypeError, "out: got dtype float32, needed float64", lambda x: x.astype(np.float32))
    refused(ValueError, r"out: got shape \(.*\), needed \(", lambda x: np.empty((*x.shape, 1)))
    refused(TypeError, "out: got list, needed an ndarray", lambda _: [1.0])

    def fixed(x):
        x.flags.writeable = False
        return x

    refused(ValueError, "out: is read-only", fixed)
    if several:
        with pytest.raises(TypeError, match="out: needed a tuple of 3 arrays"):
            CALLS[name](BATCHES[0], np.empty(3))


def test_out_may_be_what_is_read():
    whole = mml.PCA().fit(BATCHES[0])
    x = BATCHES[1].copy()
    right = whole.transform(x)
    assert whole.transform(x, out=x) is x
    np.testing.assert_array_equal(x, right)
    z = SCORES.copy()
    right = F.gradient(z)
    assert F.gradient(z[::-1], out=z) is z
    np.testing.assert_array_equal(z, right[::-1])
    weights = np.ones(3)

    def weighted(v):
        return np.sum(weights * v**2)

    for _ in range(3):  # what a function captures is read while it is computed
        weights[:] = [1.0, 2.0, 3.0]
        assert mml.gradient(weighted, np.ones(3), out=weights) is weights
        np.testing.assert_array_equal(weights, [2.0, 4.0, 6.0])


def test_of_elementary_operations():
    for call in (
        lambda **o: mml.row_swap(4, 1, 2, **o),
        lambda **o: mml.row_scale(4, 1, 3.0, **o),
        lambda **o: mml.row_add(4, 1, 2, 3.0, **o),
        lambda **o: mml.eigvals(EVEN, **o),
        lambda **o: mml.eigvals(STACK[0], **o),
        lambda **o: mml.directional_derivative(energy, SCORES, np.ones(3), **o),
        lambda **o: mml.total_derivative(energy, lambda t: [t, t**2, 1.0 + t], SCORES[:, 0], **o),
    ):
        out = np.empty_like(call())
        assert call(out=out) is out
        np.testing.assert_array_equal(out, call())
    for found in (mml.eig(STACK[0]), mml.top_eigh(EVEN[0], 2, random_state=0)):
        out = tuple(np.empty_like(x) for x in found[:2])
        assert out[0].shape == found[0].shape
    pair = np.empty(2), np.empty((4, 2))
    top = mml.top_eigh(EVEN[0], 2, random_state=0, out=pair)
    assert top.values is pair[0]
    np.testing.assert_array_equal(top.vectors, mml.top_eigh(EVEN[0], 2, random_state=0).vectors)


class TestMomentsInTheirOwnMemory:
    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    @pytest.mark.parametrize("d", [1, 2, 7, 30])
    def test_as_all_at_once(self, d, dtype):
        x = (np.random.default_rng(d).standard_normal((700, d)) + 50).astype(dtype)
        moments = mml.Moments(d)
        for first in range(0, 700, 70):
            moments.update(x[first : first + 70])
            moments.update(x[first:first])
        np.testing.assert_allclose(moments.mean, x.mean(axis=0, dtype=float), rtol=1e-13)
        right = np.cov(x.T.astype(float)).reshape(d, d)
        np.testing.assert_allclose(
            moments.covariance(1), right, rtol=1e-9, atol=1e-9 if dtype == np.float64 else 1e-4
        )
        assert moments.count == 700

    def test_what_was_handed_out_stays(self):
        moments = mml.Moments(WIDTH).update(BATCHES[0]).update(BATCHES[1])
        sums, mean, other = moments.sums, moments.mean, moments.copy()
        adopted = mml.Moments(WIDTH) + moments
        both = sum([moments, moments])
        kept = [x.copy() for x in (*sums[:3], mean, adopted.sums.matrix, both.sums.matrix)]
        for batch in BATCHES:
            moments.update(batch)
        now = (*sums[:3], mean, adopted.sums.matrix, both.sums.matrix)
        for was, is_now in zip(kept, now, strict=True):
            np.testing.assert_array_equal(was, is_now)
        for batch in BATCHES:
            adopted.update(batch)
        np.testing.assert_array_equal(adopted.covariance(), moments.covariance())
        assert other.count == 2 * POINTS
        assert other != moments

    @pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
    def test_nothing_is_added_of_what_is_refused(self, bad):
        moments = mml.Moments(WIDTH).update(BATCHES[0]).update(BATCHES[1])
        before = moments.copy()
        wrong = BATCHES[2].copy()
        wrong[7, 3] = bad
        with pytest.raises(ValueError, match="X"):
            moments.update(wrong)
        with pytest.raises(ValueError, match=r"\(n, 6\)"):
            moments.update(wrong[:, :5])
        assert moments == before
        moments.update(BATCHES[2])
        np.testing.assert_allclose(
            moments.mean, np.concatenate(BATCHES[:3]).mean(axis=0), atol=1e-14
        )

    def test_constant_columns_and_single_points(self):
        moments, x = mml.Moments(3), np.random.default_rng(0).standard_normal((50, 3))
        x[:, 1] = 14.62
        for first in range(0, 50, 10):
            moments.update(x[first : first + 10])
        moments.update(x[0]).update(x[1:2])
        all_points = np.concatenate([x, x[:2]])
        np.testing.assert_allclose(
            moments.covariance(), np.cov(all_points.T, bias=True), atol=1e-14
        )
        assert moments.variance()[1] == 0


def test_of_neighbours_and_networks():
    index = mml.NeighborIndex(BATCHES[0])
    wanted = index.query(BATCHES[1], 3)
    out = np.empty((POINTS, 3)), np.empty((POINTS, 3), np.int64)
    found = index.query(BATCHES[1], 3, out=out)
    assert found.distances is out[0]
    np.testing.assert_array_equal(out[0], wanted.distances)
    np.testing.assert_array_equal(out[1], wanted.indices)
    with pytest.raises(TypeError, match="out: got dtype float64, needed int64"):
        index.query(BATCHES[1], 3, out=(out[0], out[0]))
    kinds = {"identity": BATCHES[0][:, 0], "softmax": RNG.integers(0, 3, POINTS)}
    for output, y in kinds.items():
        net = mml.MLP(
            [WIDTH, 5, 1 if output == "identity" else 3], output=output, epochs=1, random_state=0
        ).fit(BATCHES[0], y)
        place = np.empty_like(net.predict(BATCHES[0]))
        assert net.predict(BATCHES[0], out=place) is place
        np.testing.assert_array_equal(place, net.predict(BATCHES[0]))
    chances = np.empty((POINTS, 3))
    assert net.predict_proba(BATCHES[0], out=chances) is chances
    np.testing.assert_array_equal(chances, net.predict_proba(BATCHES[0]))
